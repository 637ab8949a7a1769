import { App } from '@slack/bolt'
import type { WebClientOptions } from '@slack/web-api'
import type { CreditLedger } from '../src/credits.ts'
import { type AccountOf, accountPerWorkspace } from './accounts.ts'
import { openAudits } from './admin/audits.ts'
import { deliverAlerts } from './alerts/alerts.ts'
import type { WebhookSettings } from './alerts/webhook.ts'
import { Dispatcher } from './dispatcher.ts'
import { manyInstallations } from './installations/installations.ts'
import { openJobs } from './jobs/jobs.ts'
import { Sender } from './jobs/sender.ts'
import { LISTENERS } from './listeners.ts'
import { boltLogger, type Logger } from './log.ts'
import type { BotMetrics } from './metrics.ts'
import { measureAcknowledgements, measuredFetch } from './metrics/slack-measures.ts'
import { askAboutPeople } from './people.ts'
import { closedReceiver, HttpReceiver, type SlackReceiver } from './receiver.ts'
import type { BotServices, BotSettings, Jobs, Links } from './services.ts'
import type { OAuthSettings } from './settings.ts'
import type { SlackState } from './slack-identity.ts'
import { refuseStrangers } from './strangers.ts'
import { SocketMode } from './socket-mode.ts'
import { type Installations, oneInstallation } from './workspaces.ts'

/** How Slack reaches the server, and whose tokens it acts with. */
export type SlackConnection =
  /** Over HTTP, for one workspace. */
  | { signingSecret: string; botToken: string }
  /** By Socket Mode, for one workspace. */
  | { appToken: string; botToken: string }
  /** Over HTTP, for any workspace that installs the app. */
  | { signingSecret: string; oauth: OAuthSettings }

/** What the bot is told beside that. */
export interface SlackTerms {
  /** Default: `https://slack.com/api/`. */
  apiUrl?: string | undefined
  /** Which account a person sees. Default: one for the whole workspace. */
  accountOf?: AccountOf | undefined
  /** Default: no admins but the workspace's own, and no links. */
  settings?: BotSettings | undefined
  links?: Links | undefined
  /** Where alerts are posted too. */
  alertWebhook?: WebhookSettings | undefined
  /** Default: nothing is measured. */
  metrics?: BotMetrics | undefined
}

export type SlackOptions = SlackConnection & SlackTerms

export interface SlackApp {
  /** For `POST /slack/events`. */
  receiver: SlackReceiver
  /** `/slack/install` and `/slack/oauth_redirect`, where any workspace may install the app. */
  installation: Installations['routes']
  jobs: Jobs
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
  const { metrics } = options
  const call = metrics === undefined ? fetch : measuredFetch(metrics, fetch)
  const clientOptions: WebClientOptions = {
    ...(options.apiUrl === undefined ? {} : { slackApiUrl: options.apiUrl }),
    // Else it writes lines of its own.
    logger: boltLogger(logger),
    timeout: WEB_API_TIMEOUT_MS,
    retryConfig: { retries: 1 },
    rejectRateLimitedCalls: true,
    fetch: (input, init) =>
      call(input, { ...init, signal: init?.signal ?? AbortSignal.timeout(RESPOND_TIMEOUT_MS) }),
  }
  const installations =
    'oauth' in options
      ? manyInstallations(options.oauth, clientOptions, ledger, logger)
      : oneInstallation(options.botToken, clientOptions, logger)
  const dispatcher = new Dispatcher(logger)
  const app = new App({
    receiver: dispatcher,
    authorize: installations.authorize,
    deferInitialization: true,
    convoStore: false,
    logger: boltLogger(logger),
    // A copy, as Bolt changes what it is given.
    clientOptions: { ...clientOptions },
  })
  // Rethrown as it is: the dispatcher logs it once, with the request's id, and answers the person.
  app.error((error) => Promise.reject(error))
  const { workspaces } = installations
  const sender = new Sender(workspaces, logger)
  const jobs = openJobs({ ledger, logger }, sender)
  const settings = options.settings ?? { admins: [] }
  const services: BotServices = {
    ledger,
    logger,
    accountOf: options.accountOf ?? accountPerWorkspace,
    settings,
    people: askAboutPeople(settings.admins, logger),
    workspaces,
    links: options.links,
    audits: openAudits({ ledger, settings }, jobs),
  }
  if (metrics !== undefined) measureAcknowledgements(app, metrics)
  refuseStrangers(app, services)
  for (const listen of LISTENERS) listen(app, services)
  installations.listen(app)
  await app.init()
  const alerts = deliverAlerts({ services, runner: jobs.runner, sender, webhook: options.alertWebhook })
  jobs.start()
  const transport = connect(options, { clientOptions, dispatcher, logger })
  return {
    receiver: transport.receiver,
    installation: installations.routes,
    jobs,
    state: () => worse(installations.state(), transport.state()),
    async stop() {
      await transport.stop()
      await alerts.stop()
      await jobs.stop()
      await installations.stop()
    },
  }
}

interface Transport {
  receiver: SlackReceiver
  state(): SlackState | { status: 'connected' }
  /** Ends once what came through it has been answered, and all that it began has ended. */
  stop(): Promise<void>
}

function connect(
  options: SlackOptions,
  parts: { clientOptions: WebClientOptions; dispatcher: Dispatcher; logger: Logger },
): Transport {
  if ('appToken' in options) {
    const socket = new SocketMode({ ...parts, appToken: options.appToken })
    socket.start()
    return { receiver: closedReceiver, state: () => socket.state(), stop: () => socket.stop() }
  }
  const { dispatcher, logger } = parts
  const onRefused = () => options.metrics?.refused('signature')
  return {
    receiver: new HttpReceiver({ signingSecret: options.signingSecret, dispatcher, logger, onRefused }),
    state: () => ({ status: 'connected' }),
    // The HTTP server takes no requests any more.
    stop: () => dispatcher.stop(),
  }
}

/** What needs a person soonest, of the bot token and the socket. */
function worse(token: SlackState, socket: SlackState | { status: 'connected' }): SlackState {
  if (token.status === 'rejected' || socket.status === 'connected') return token
  return socket
}
