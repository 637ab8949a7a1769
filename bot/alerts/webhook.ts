import { createHmac } from 'node:crypto'
import { formatAmount } from '../../src/amount.ts'
import type { CreditLedger } from '../../src/credits.ts'
import type { Alert, Balance, Forecast } from '../../src/types.ts'
import { DONE, later, type Outcome, refused } from '../jobs/queue.ts'
import type { AlertMessages } from './messages.ts'

export interface WebhookSettings {
  readonly url: string
  /** Signs what is sent. */
  readonly secret: string
}

/** A job: posts an alert as it is when the job runs. */
export interface Post {
  readonly account: string
  readonly alertId: string
}

/** Among the places of an alert's messages. */
const PLACE = 'webhook'
const ANSWERS_WITHIN_MS = 10_000
const LONGEST_RETRY_AFTER_SECONDS = 3_600

/** Posts alerts to an address of the operator's: each version at least once, and in order. */
export class AlertWebhook {
  private readonly ledger: CreditLedger
  private readonly messages: AlertMessages
  private readonly settings: WebhookSettings

  constructor(ledger: CreditLedger, messages: AlertMessages, settings: WebhookSettings) {
    this.ledger = ledger
    this.messages = messages
    this.settings = settings
  }

  /** @throws Error when the address cannot be reached, or answers with an error */
  async deliver({ account, alertId }: Post, signal: AbortSignal): Promise<Outcome> {
    const place = { account, alertId, place: PLACE }
    const alert = await this.ledger.readAlert(account, alertId)
    const sent = await this.messages.read(place)
    if (sent !== undefined && sent.shownVersion >= alert.version) return DONE
    if (sent === undefined && alert.resolvedAt !== null) return DONE
    const [balance, forecast] = await Promise.all([
      this.ledger.balance(account),
      this.ledger.forecast(account),
    ])
    const response = await this.post(alertBody(alert, balance, forecast), signal)
    if (!response.ok) return notTaken(response)
    await this.messages.noteShown(place, alert.id, alert.version)
    return DONE
  }

  private async post(body: string, signal: AbortSignal): Promise<Response> {
    const { url, secret } = this.settings
    const timestamp = String(Math.floor(Date.now() / 1000))
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'agent-credits',
        'x-credits-timestamp': timestamp,
        'x-credits-signature': signAlert(body, timestamp, secret),
      },
      body,
      // To be sent on would be to send it to somebody whom nobody chose.
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWERS_WITHIN_MS)]),
    })
    // Nothing in it matters, and it may be endless.
    await response.body?.cancel()
    return response
  }
}

/**
 * The signature of a posted alert: `v1=` and the HMAC-SHA256 of `timestamp.body`, in hex.
 *
 * @example signAlert(body, '1790000000', secret) // 'v1=…'
 */
export const signAlert = (body: string, timestamp: string, secret: string): string =>
  `v1=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`

function notTaken(response: Response): Outcome {
  const { status } = response
  if (status === 410) return refused('the address is gone (410)')
  const seconds = Number(response.headers.get('retry-after'))
  if ((status === 429 || status === 503) && seconds > 0) {
    return later(Math.min(seconds, LONGEST_RETRY_AFTER_SECONDS) * 1000)
  }
  throw new Error(`The address of ALERT_WEBHOOK_URL answered ${status}.`)
}

/** Amounts as decimal strings of credits, times as ISO 8601. */
function alertBody(alert: Alert, balance: Balance, forecast: Forecast): string {
  const { id, version, account, kind, level, subject, detail } = alert
  return JSON.stringify({
    id,
    version,
    account,
    kind,
    level,
    subject,
    detail,
    raisedAt: alert.raisedAt,
    resolvedAt: alert.resolvedAt,
    snoozedUntil: alert.snoozedUntil,
    balance: {
      settled: formatAmount(balance.settled),
      held: formatAmount(balance.held),
      available: formatAmount(balance.available),
      debt: formatAmount(balance.debt),
    },
    forecast: {
      perDay: formatAmount(forecast.perDay),
      runsOutAt: forecast.runsOutAt,
      daysLeft: forecast.daysLeft,
      lapses: forecast.lapses.map((lapse) => ({ ...lapse, amount: formatAmount(lapse.amount) })),
    },
  })
}
