import type Stripe from 'stripe'
import { z } from 'zod'
import { invoiceLine, type InvoiceLine, type Price, sessionItem, type SessionItem } from './events.ts'

/** What events do not carry and the API tells. */
export interface StripeApi {
  /** The items of a checkout session, with their prices. */
  sessionItems(sessionId: string): Promise<SessionItem[]>
  /** All lines of an invoice. */
  invoiceLines(invoiceId: string): Promise<InvoiceLine[]>
  /** The payment intent that paid an invoice; undefined where none did: it was paid from a balance, or elsewhere. */
  paymentOf(invoiceId: string): Promise<string | undefined>
  price(priceId: string): Promise<Price>
}

/** Stripe's own limit for a checkout session, and more than an invoice that people can read has. */
const MOST_ITEMS = 100
const MOST_PAYMENTS = 100

const pricesOf = z.object({
  id: z.string(),
  metadata: z.record(z.string(), z.string()),
  unit_amount: z.int().nullable(),
})

/** @throws what the client throws: whoever asked fails, and is asked again by Stripe's next delivery */
export const askStripe = (client: Stripe): StripeApi => ({
  async sessionItems(sessionId) {
    const items = await client.checkout.sessions.listLineItems(sessionId, { limit: MOST_ITEMS })
    return z.array(sessionItem).parse(items.data)
  },
  async invoiceLines(invoiceId) {
    const lines = await client.invoices.listLineItems(invoiceId, { limit: MOST_ITEMS })
    if (lines.has_more) throw new Error(`The invoice ${invoiceId} has more than ${MOST_ITEMS} lines.`)
    return z.array(invoiceLine).parse(lines.data)
  },
  async paymentOf(invoiceId) {
    const payments = await client.invoicePayments.list({ invoice: invoiceId, limit: MOST_PAYMENTS })
    const paid = payments.data.filter((payment) => payment.status === 'paid')
    const intent = (paid.find((payment) => payment.is_default) ?? paid[0])?.payment.payment_intent
    return typeof intent === 'object' ? intent.id : intent
  },
  price: async (priceId) => pricesOf.parse(await client.prices.retrieve(priceId)),
})
