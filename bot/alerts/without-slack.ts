import type { CreditLedger } from '../../src/credits.ts'
import { accountPerWorkspace } from '../accounts.ts'
import { openJobs } from '../jobs/jobs.ts'
import { Sender } from '../jobs/sender.ts'
import type { Logger } from '../log.ts'
import type { Jobs } from '../services.ts'
import { deliverAlerts } from './alerts.ts'
import type { WebhookSettings } from './webhook.ts'

export interface AlertsAlone {
  readonly jobs: Jobs
  /** Ends once what runs has ended. */
  stop(): Promise<void>
}

/** Reviews accounts and posts their alerts to an address, for a server that has no Slack. */
export function deliverWithoutSlack(
  ledger: CreditLedger,
  logger: Logger,
  webhook: WebhookSettings,
): AlertsAlone {
  const workspaces = { find: async () => undefined }
  const sender = new Sender(workspaces, logger)
  const jobs = openJobs({ ledger, logger }, sender)
  const services = { ledger, logger, accountOf: accountPerWorkspace, settings: { admins: [] }, workspaces }
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
