import type { Context } from 'hono'
import Stripe from 'stripe'
import { z } from 'zod'
import type { CreditLedger } from '../../src/credits.ts'
import { CreditsError } from '../../src/errors.ts'
import type { Logger } from '../log.ts'
import type { BotMetrics } from '../metrics.ts'
import type { ServerEnvironment } from '../request.ts'
import type { StripeSettings } from '../settings.ts'
import { askStripe, type StripeApi } from './stripe/api.ts'
import { paymentOfSession } from './stripe/checkout.ts'
import { charge, checkoutSession, dispute, invoice, type Refund, refund } from './stripe/events.ts'
import { paymentOfInvoice } from './stripe/invoice.ts'
import { creditPayment, type Payment } from './stripe/payment.ts'
import { reverseDisputed, reverseRefunded } from './stripe/reversals.ts'

export interface StripeWebhookOptions {
  ledger: CreditLedger
  logger: Logger
  metrics: BotMetrics
  settings: StripeSettings
}

/** How old a signature may be: later, what somebody recorded could be sent again. */
const TOLERANCE_SECONDS = 300

/** Stripe waits some ten seconds for the whole answer, and delivers again what failed. */
const API_TIMEOUT_MS = 4_000

/** What was done about an event, for the answer and the log. */
interface Outcome {
  outcome: string
  reference?: string
}

/**
 * `/webhooks/stripe`: payments become Paid batches, refunds and disputes void what is left of them.
 *
 * 200: done, or nothing to do. 400: not signed by Stripe. 422: somebody has to mend something, such as a missing
 * account; Stripe shows it, and delivers the event again for three days. 5xx: it could not be done now.
 */
export function stripeWebhook({ ledger, logger: parent, metrics, settings }: StripeWebhookOptions) {
  const api =
    settings.secretKey === undefined ? undefined : askStripe(openClient(settings, settings.secretKey))
  return async (c: Context<ServerEnvironment>): Promise<Response> => {
    const logger = parent.child({ requestId: c.get('requestId') })
    const event = await readEvent(c, settings.webhookSecret)
    if (event === undefined) {
      metrics.refused('signature')
      logger.warn('Refused a webhook that Stripe did not sign, or too long ago')
      return c.json({ error: 'invalid_signature', message: 'Not signed by Stripe, or too long ago.' }, 400)
    }
    const seen = { event: event.id, type: event.type }
    try {
      const done = await handle(event, { ledger, logger, settings, api })
      logger.info({ ...seen, ...done }, 'Took an event of Stripe')
      return c.json(done)
    } catch (error) {
      const refusal = refusalOf(error)
      if (refusal === undefined) throw error
      logger.error(
        { ...seen, code: refusal.code, err: error },
        'An event of Stripe needs somebody to look at it',
      )
      return c.json({ error: refusal.code, message: refusal.message }, 422)
    }
  }
}

interface Means {
  ledger: CreditLedger
  logger: Logger
  settings: StripeSettings
  api: StripeApi | undefined
}

async function handle(event: Stripe.Event, means: Means): Promise<Outcome> {
  const { ledger, logger, settings, api } = means
  const subject: unknown = event.data.object
  switch (event.type) {
    case 'checkout.session.completed':
    case 'checkout.session.async_payment_succeeded':
      return credit(await paymentOfSession(checkoutSession.parse(subject), settings, api), event.id, ledger)
    case 'invoice.paid':
      return credit(await paymentOfInvoice(invoice.parse(subject), settings, api), event.id, ledger)
    case 'charge.refunded':
      return { outcome: 'reversed', reference: await reverseRefunded(ledger, charge.parse(subject)) }
    case 'charge.dispute.created':
    case 'charge.dispute.closed':
      return { outcome: 'reversed', reference: await reverseDisputed(ledger, dispute.parse(subject)) }
    case 'refund.failed':
      return { outcome: 'refund_failed', reference: failedRefund(refund.parse(subject), logger) }
    default:
      return { outcome: 'ignored' }
  }
}

/** The money stays here after all. How much credit that is worth is for a person to say: other refunds may follow. */
function failedRefund({ id, charge: ofCharge, payment_intent: intent }: Refund, logger: Logger): string {
  const reference = intent ?? ofCharge ?? id
  logger.error({ refund: id, reference }, 'A refund failed: grant the credit again that was voided for it')
  return reference
}

async function credit(payment: Payment | undefined, eventId: string, ledger: CreditLedger): Promise<Outcome> {
  if (payment === undefined) return { outcome: 'nothing_paid' }
  return { outcome: await creditPayment(ledger, payment, eventId), reference: payment.reference }
}

/** Undefined where Stripe did not sign it, or not within the last minutes. */
async function readEvent(
  c: Context<ServerEnvironment>,
  webhookSecret: string,
): Promise<Stripe.Event | undefined> {
  const bytes = new Uint8Array(await c.req.arrayBuffer())
  const signature = c.req.header('stripe-signature') ?? ''
  try {
    return await Stripe.webhooks.constructEventAsync(bytes, signature, webhookSecret, TOLERANCE_SECONDS)
  } catch (error) {
    if (error instanceof Stripe.errors.StripeSignatureVerificationError) return undefined
    throw error
  }
}

/** What only a person can mend. The ledger or the API out of reach is not: that is tried again. */
function refusalOf(error: unknown): { code: string; message: string } | undefined {
  if (error instanceof z.ZodError) {
    return { code: 'unexpected_event', message: `The event is not as expected. ${z.prettifyError(error)}` }
  }
  if (!CreditsError.isInstance(error)) return undefined
  return UNAVAILABLE.has(error.code) ? undefined : error
}

const UNAVAILABLE = new Set(['database_unavailable', 'ledger_closed', 'outcome_unknown'])

function openClient({ apiUrl }: StripeSettings, secretKey: string): Stripe {
  const given = apiUrl === undefined ? undefined : new URL(apiUrl)
  return new Stripe(secretKey, {
    timeout: API_TIMEOUT_MS,
    maxNetworkRetries: 1,
    telemetry: false,
    ...(given && {
      host: given.hostname,
      port: given.port,
      protocol: given.protocol === 'http:' ? 'http' : 'https',
    }),
  })
}
