import { Hono } from 'hono'
import Stripe from 'stripe'
import { serveOnLoopback } from '../../demo/loopback.ts'

export const WEBHOOK_SECRET = 'whsec_test_secret'
export const SECRET_KEY = 'rk_test_key'

export interface StripePrice {
  id: string
  metadata: Record<string, string>
  unit_amount: number | null
}

/** What Stripe's API answers; a test fills it. */
export interface StripeShelf {
  prices: Record<string, StripePrice>
  /** By session: a price's id, and how many. */
  sessionItems: Record<string, { price: string; quantity: number }[]>
  /** By invoice: its lines, as the API lists them. */
  invoiceLines: Record<string, object[]>
  /** By invoice: the payment intents that paid it. */
  invoicePayments: Record<string, { payment_intent: string; status: string; is_default: boolean }[]>
}

export interface FakeStripe {
  apiUrl: string
  shelf: StripeShelf
  /** Paths asked for, in order. */
  asked: string[]
  /** The next so many requests are answered with 500. */
  fail(count: number): void
  close(): Promise<void>
}

/** The part of Stripe's API that is read, on the loopback. */
export async function startFakeStripe(): Promise<FakeStripe> {
  const shelf: StripeShelf = { prices: {}, sessionItems: {}, invoiceLines: {}, invoicePayments: {} }
  const asked: string[] = []
  let failures = 0
  const app = new Hono()
  app.use(async (c, next) => {
    asked.push(c.req.path)
    if (c.req.header('authorization') !== `Bearer ${SECRET_KEY}`) {
      return c.json({ error: { type: 'invalid_request_error', message: 'Invalid API Key' } }, 401)
    }
    if (failures > 0) {
      failures -= 1
      return c.json({ error: { type: 'api_error', message: 'Something broke' } }, 500)
    }
    return next()
  })
  const list = (data: unknown[]) => ({ object: 'list', data, has_more: false })
  app.get('/v1/checkout/sessions/:id/line_items', (c) =>
    c.json(
      list(
        (shelf.sessionItems[c.req.param('id')] ?? []).map(({ price, quantity }, index) => ({
          id: `li_${index}`,
          object: 'item',
          quantity,
          price: { object: 'price', ...shelf.prices[price] },
        })),
      ),
    ),
  )
  app.get('/v1/invoices/:id/lines', (c) => c.json(list(shelf.invoiceLines[c.req.param('id')] ?? [])))
  app.get('/v1/invoice_payments', (c) =>
    c.json(
      list(
        (shelf.invoicePayments[c.req.query('invoice') ?? ''] ?? []).map(
          ({ payment_intent, status, is_default }, index) => ({
            id: `inpay_${index}`,
            object: 'invoice_payment',
            status,
            is_default,
            payment: { type: 'payment_intent', payment_intent },
          }),
        ),
      ),
    ),
  )
  app.get('/v1/prices/:id', (c) => {
    const price = shelf.prices[c.req.param('id')]
    return price === undefined
      ? c.json({ error: { type: 'invalid_request_error', message: 'No such price' } }, 404)
      : c.json({ object: 'price', ...price })
  })
  const server = await serveOnLoopback(app)
  return {
    apiUrl: server.url,
    shelf,
    asked,
    fail: (count) => {
      failures = count
    },
    close: server.close,
  }
}

let events = 0

export interface StripeEvent {
  id: string
  type: string
  data: { object: object }
}

/** An event with an id of its own. */
export function stripeEvent(type: string, object: object): StripeEvent {
  events += 1
  const envelope = {
    object: 'event',
    api_version: '2026-10-28.endive',
    created: 1_790_000_000,
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
  }
  return { id: `evt_${events}`, type, ...envelope, data: { object } }
}

export interface DeliverOptions {
  secret?: string
  /** Seconds since it was signed. */
  ageSeconds?: number
  /** Replaces the signature's header; null leaves it out. */
  header?: string | null
  /** What arrives instead of what was signed. */
  body?: string
}

/** Posts an event to the server the way Stripe does, signed by Stripe's own code. */
export async function deliver(
  serverUrl: string,
  event: StripeEvent,
  { secret = WEBHOOK_SECRET, ageSeconds = 0, header, body }: DeliverOptions = {},
): Promise<{ status: number; answer: Record<string, unknown> }> {
  const payload = JSON.stringify(event)
  const timestamp = Math.floor(Date.now() / 1000) - ageSeconds
  const signed = await Stripe.webhooks.generateTestHeaderStringAsync({ payload, secret, timestamp })
  const given = header === undefined ? signed : header
  const response = await fetch(`${serverUrl}/webhooks/stripe`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json; charset=utf-8',
      ...(given === null ? {} : { 'stripe-signature': given }),
    },
    body: body ?? payload,
  })
  return { status: response.status, answer: (await response.json()) as Record<string, unknown> }
}

/** A checkout session as its event carries it: paid, 10 dollars, for the account `acme`. */
export const paidSession = (id: string, changes: object = {}) => ({
  id,
  object: 'checkout.session',
  mode: 'payment',
  payment_status: 'paid',
  amount_subtotal: 1000,
  amount_total: 1000,
  currency: 'usd',
  payment_intent: `pi_${id}`,
  invoice: null,
  subscription: null,
  client_reference_id: null,
  metadata: { account: 'acme' },
  total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
  ...changes,
})

/** An invoice of a subscription as its event carries it: paid, 20 dollars, for the account `acme`. */
export const paidInvoice = (id: string, periodEnd: Date, changes: object = {}) => ({
  id,
  object: 'invoice',
  status: 'paid',
  billing_reason: 'subscription_cycle',
  total: 2000,
  total_excluding_tax: 2000,
  amount_paid: 2000,
  currency: 'usd',
  metadata: {},
  parent: {
    type: 'subscription_details',
    quote_details: null,
    subscription_details: { subscription: 'sub_1', metadata: { account: 'acme' } },
  },
  lines: { object: 'list', has_more: false, data: [invoiceLine(periodEnd)] },
  ...changes,
})

export const invoiceLine = (periodEnd: Date, changes: object = {}) => ({
  id: 'il_1',
  object: 'line_item',
  amount: 2000,
  quantity: 1,
  period: {
    start: Math.floor(periodEnd.getTime() / 1000) - 2_592_000,
    end: Math.floor(periodEnd.getTime() / 1000),
  },
  pricing: { type: 'price_details', price_details: { price: 'price_plan', product: 'prod_1' } },
  parent: {
    type: 'subscription_item_details',
    invoice_item_details: null,
    subscription_item_details: { subscription: 'sub_1', subscription_item: 'si_1', proration: false },
  },
  ...changes,
})

export const refundedCharge = (paymentIntent: string | null, amount: number, refunded: number) => ({
  id: `ch_${paymentIntent}`,
  object: 'charge',
  amount,
  amount_captured: amount,
  amount_refunded: refunded,
  currency: 'usd',
  refunded: amount === refunded,
  payment_intent: paymentIntent,
})

export const disputeOf = (paymentIntent: string, amount: number, status: string) => ({
  id: `du_${paymentIntent}`,
  object: 'dispute',
  amount,
  currency: 'usd',
  status,
  reason: 'fraudulent',
  charge: `ch_${paymentIntent}`,
  payment_intent: paymentIntent,
})
