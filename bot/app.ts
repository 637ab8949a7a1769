import { App } from '@slack/bolt'
import type { WebClientOptions } from '@slack/web-api'
import type { CreditLedger } from '../src/credits.ts'
import { type AccountOf, accountPerWorkspace } from './accounts.ts'
import { directJobs } from './direct-jobs.ts'
import { LISTENERS } from './listeners.ts'
import { boltLogger, type Logger } from './log.ts'
import { askAboutPeople } from './people.ts'
import { SlackReceiver } from './receiver.ts'
import type { BotServices, BotSettings, Links } from './services.ts'
import { identify, type SlackState } from './slack-identity.ts'
import { oneWorkspace } from './workspaces.ts'

export interface SlackOptions {
  signingSecret: string
  botToken: string
  /** Default: `https://slack.com/api/`. */
  apiUrl?: string | undefined
  /** Which account a person sees. Default: one for the whole workspace. */
  accountOf?: AccountOf | undefined
  /** Default: no admins but the workspace's own, and no links. */
  settings?: BotSettings | undefined
  links?: Links | undefined
}

export interface SlackApp {
  receiver: SlackReceiver
  state(): SlackState
  /** Ends once everything ended that Slack's requests began. */
  stop(): Promise<void>
}

/** Calls to Slack for a person who waits are better refused soon than late. */
const WEB_API_TIMEOUT_MS = 2_000

/** A late answer is worth more patience, but a stop must not wait for it for long. */
const RESPOND_TIMEOUT_MS = 5_000

/** The Bolt app with every listener. A token that Slack refuses shows in `state()`; it never ends the process. */
export async function openSlack(
  options: SlackOptions,
  ledger: CreditLedger,
  logger: Logger,
): Promise<SlackApp> {
  const clientOptions: WebClientOptions = {
    ...(options.apiUrl === undefined ? {} : { slackApiUrl: options.apiUrl }),
    timeout: WEB_API_TIMEOUT_MS,
    retryConfig: { retries: 1 },
    rejectRateLimitedCalls: true,
    fetch: (input, init) =>
      fetch(input, { ...init, signal: init?.signal ?? AbortSignal.timeout(RESPOND_TIMEOUT_MS) }),
  }
  const receiver = new SlackReceiver({ signingSecret: options.signingSecret, logger })
  const app = new App({
    receiver,
    authorize: async () => identity.authorization(),
    deferInitialization: true,
    convoStore: false,
    logger: boltLogger(logger),
    clientOptions,
  })
  const identity = identify(app.client, options.botToken, logger)
  // Rethrown as it is: the receiver logs it once, with the request's id, and answers the person.
  app.error((error) => Promise.reject(error))
  const workspaces = oneWorkspace(options.botToken, clientOptions)
  const settings = options.settings ?? { admins: [] }
  const services: BotServices = {
    ledger,
    logger,
    accountOf: options.accountOf ?? accountPerWorkspace,
    settings,
    people: askAboutPeople(settings.admins, logger),
    workspaces,
    links: options.links,
    jobs: directJobs(workspaces),
  }
  for (const listen of LISTENERS) listen(app, services)
  await app.init()
  return {
    receiver,
    state: identity.state,
    async stop() {
      await receiver.stop()
      await identity.stop()
    },
  }
}
