import { deliverAlerts } from '../../../../bot/alerts/alerts.ts'
import type { WebhookSettings } from '../../../../bot/alerts/webhook.ts'
import { accountPerWorkspace } from '../../../../bot/accounts.ts'
import { type BotJobs, openJobs } from '../../../../bot/jobs/jobs.ts'
import { Sender } from '../../../../bot/jobs/sender.ts'
import type { Logger } from '../../../../bot/log.ts'
import { askAboutPeople } from '../../../../bot/people.ts'
import type { BotSettings } from '../../../../bot/services.ts'
import type { CreditLedger } from '../../../../src/credits.ts'
import { installedEverywhere } from '../../jobs/support/workspaces.ts'

export interface StackOptions {
  readonly ledger: CreditLedger
  readonly logger: Logger
  readonly apiUrl: string
  readonly settings?: BotSettings
  readonly webhook?: WebhookSettings
  readonly attemptSeconds?: number
}

export interface AlertStack {
  readonly jobs: BotJobs
  stop(): Promise<void>
}

/** What of a server delivers alerts, for workspaces that all have installed the app. */
export function startAlerts({
  ledger,
  logger,
  apiUrl,
  settings = { admins: [], adminChannel: 'CADMIN' },
  webhook,
  attemptSeconds,
}: StackOptions): AlertStack {
  const workspaces = installedEverywhere(apiUrl)
  const sender = new Sender(workspaces, logger)
  const jobs = openJobs({ ledger, logger, attemptSeconds }, sender)
  const services = {
    ledger,
    logger,
    accountOf: accountPerWorkspace,
    settings,
    people: askAboutPeople(settings.admins, logger),
    workspaces,
    links: undefined,
    jobs,
  }
  const outbox = deliverAlerts({ services, runner: jobs.runner, sender, webhook })
  jobs.start()
  return {
    jobs,
    async stop() {
      await outbox.stop()
      await jobs.stop()
    },
  }
}
