import type { Alert } from '../../src/types.ts'
import { DONE, type NewJob, type Queue } from '../jobs/queue.ts'
import type { JobRunner } from '../jobs/runner.ts'
import type { Sender } from '../jobs/sender.ts'
import { AlertDelivery, type Delivery } from './delivery.ts'
import { AlertMessages } from './messages.ts'
import { type Outbox, startOutbox } from './outbox.ts'
import { type AlertServices, placeName, slackPlaces } from './places.ts'
import { AlertWebhook, type Post, type WebhookSettings } from './webhook.ts'

/** A job: an alert changed, and whoever is to see it is to be found. */
interface Change extends Pick<Alert, 'account' | 'kind'> {
  readonly alertId: string
  readonly version: number
}

/** Two servers' attempts at the same alert never overlap. */
const LEASE_MARGIN_SECONDS = 5

/** Every quarter of an hour: forecasts change slowly, and each is a few reads. */
const REVIEW_SCHEDULE = '*/15 * * * *'
const REVIEW_SECONDS = 600

export interface AlertOptions {
  readonly services: AlertServices
  readonly runner: JobRunner
  readonly sender: Sender
  /** Where alerts are posted too. */
  readonly webhook?: WebhookSettings | undefined
}

/**
 * Delivers alerts: what the ledger raised becomes jobs in the transaction that takes it, one for each place it is
 * shown in, so that a crash loses none. Before the runner's `start`.
 */
export function deliverAlerts({ services, runner, sender, webhook }: AlertOptions): Outbox {
  const { ledger, logger } = services
  const messages = new AlertMessages(ledger, runner.attemptSeconds + LEASE_MARGIN_SECONDS)
  const delivery = new AlertDelivery(services, sender, messages)
  const deliveries = runner.queue<Delivery>({
    name: 'alert-delivery',
    atOnce: 16,
    logged: ({ account, alertId, place }) => ({ account, alertId, place: placeName(place) }),
    work: ({ data }) => delivery.deliver(data),
  })
  const posts = webhook && openPosts(runner, new AlertWebhook(ledger, messages, webhook))
  const changes = runner.queue<Change>({
    name: 'alert-change',
    atOnce: 100,
    logged: ({ account, alertId }) => ({ account, alertId }),
    async work({ data }) {
      const { account, alertId, version } = data
      const places = await slackPlaces(services, data)
      if (places.length === 0 && posts === undefined) {
        logger.warn(
          { account, alertId },
          'Nobody is told of an alert: set SLACK_ADMIN_CHANNEL, SLACK_ADMINS or ALERT_WEBHOOK_URL',
        )
      }
      await deliveries.send(
        places.map((place) => ({
          data: { account, alertId, place },
          key: `${alertId} ${version} ${placeName(place)}`,
        })),
      )
      deliveries.wake()
      await posts?.send([{ data: { account, alertId }, key: `${alertId} ${version}` }])
      posts?.wake()
      return DONE
    },
  })
  runner.queue<object>({
    name: 'alert-review',
    atOnce: 2,
    attemptSeconds: REVIEW_SECONDS,
    schedule: REVIEW_SCHEDULE,
    logged: () => ({}),
    async work() {
      await ledger.reviewAlerts()
      return DONE
    },
  })
  return startOutbox({
    ledger,
    logger,
    ready: runner.ready,
    queue: (alerts, sql) => changes.send(alerts.map(changeJob), sql),
    queued: () => changes.wake(),
  })
}

const openPosts = (runner: JobRunner, webhook: AlertWebhook): Queue<Post> =>
  runner.queue<Post>({
    name: 'alert-webhook',
    atOnce: 8,
    logged: ({ account, alertId }) => ({ account, alertId }),
    work: ({ data, signal }) => webhook.deliver(data, signal),
  })

const changeJob = ({ account, kind, id, version }: Alert): NewJob<Change> => ({
  data: { account, kind, alertId: id, version },
  key: `${id} ${version}`,
})
