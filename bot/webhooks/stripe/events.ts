/**
 * What is read of Stripe's events. Checked, not believed: an endpoint gets the shapes of the API version that it was
 * made with. Both those before and after 2025-03-31 are read, when invoices changed.
 */
import { z } from 'zod'

/** An id, or the object itself where the sender expanded it. */
const expandable = z.union([z.string(), z.object({ id: z.string() })]).transform(idOf)

/** People type it in: blanks around a value are none of it. */
const metadata = z
  .record(z.string(), z.string().trim())
  .nullish()
  .transform((values) => values ?? {})

const wholeAmount = z.int()

export const checkoutSession = z.object({
  id: z.string(),
  mode: z.string(),
  payment_status: z.string(),
  amount_total: wholeAmount.nullable(),
  currency: z.string().nullable(),
  payment_intent: expandable.nullish(),
  client_reference_id: z.string().nullish(),
  metadata,
  total_details: z.object({ amount_tax: wholeAmount, amount_shipping: wholeAmount.nullish() }).nullish(),
})
export type CheckoutSession = z.infer<typeof checkoutSession>

const price = z.object({ id: z.string(), metadata, unit_amount: wholeAmount.nullish() })
export type Price = z.infer<typeof price>

/** Of a checkout session. */
export const sessionItem = z.object({ quantity: z.int().nullable(), price: price.nullable() })
export type SessionItem = z.infer<typeof sessionItem>

export const invoiceLine = z.object({
  amount: wholeAmount,
  quantity: z.int().nullish(),
  period: z.object({ end: z.int() }),
  pricing: z.object({ price_details: z.object({ price: z.union([z.string(), price]) }).nullish() }).nullish(),
  /** Before 2025-03-31. */
  price: price.nullish(),
  parent: z
    .object({
      subscription_item_details: z.object({ proration: z.boolean() }).nullish(),
      invoice_item_details: z.object({ proration: z.boolean() }).nullish(),
    })
    .nullish(),
  /** Before 2025-03-31. */
  proration: z.boolean().nullish(),
})
export type InvoiceLine = z.infer<typeof invoiceLine>

export const invoice = z.object({
  id: z.string(),
  total: wholeAmount,
  amount_paid: wholeAmount,
  total_excluding_tax: wholeAmount.nullish(),
  currency: z.string(),
  metadata,
  parent: z.object({ subscription_details: z.object({ metadata }).nullish() }).nullish(),
  lines: z.object({ data: z.array(invoiceLine), has_more: z.boolean() }),
  /** These three before 2025-03-31. */
  subscription: expandable.nullish(),
  subscription_details: z.object({ metadata }).nullish(),
  payment_intent: expandable.nullish(),
})
export type Invoice = z.infer<typeof invoice>

export const charge = z.object({
  id: z.string(),
  amount: wholeAmount.positive(),
  amount_refunded: wholeAmount.nonnegative(),
  payment_intent: expandable.nullish(),
})
export type Charge = z.infer<typeof charge>

export const dispute = z.object({
  id: z.string(),
  amount: wholeAmount.nonnegative(),
  status: z.string(),
  charge: expandable,
  payment_intent: expandable.nullish(),
})
export type Dispute = z.infer<typeof dispute>

export const refund = z.object({
  id: z.string(),
  charge: expandable.nullish(),
  payment_intent: expandable.nullish(),
})
export type Refund = z.infer<typeof refund>

function idOf(value: string | { id: string }): string {
  return typeof value === 'string' ? value : value.id
}
