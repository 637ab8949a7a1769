import { parseDuration } from '../../../src/duration.ts'
import type { StripeSettings } from '../../settings.ts'
import type { StripeApi } from './api.ts'
import { type BilledItem, boughtCredit } from './bought-credit.ts'
import type { Invoice, InvoiceLine, Price } from './events.ts'
import type { Payment } from './payment.ts'

/**
 * The payment of a subscription's invoice, whose credit ends with the period paid for and a time of grace. Undefined
 * for other invoices, and where nothing had to be paid (a trial).
 */
export async function paymentOfInvoice(
  invoice: Invoice,
  { creditsPerDollar, subscriptionGrace }: StripeSettings,
  api: StripeApi | undefined,
): Promise<Payment | undefined> {
  if (!isOfSubscription(invoice) || invoice.total <= 0) return undefined
  const lines =
    invoice.lines.has_more && api !== undefined ? await api.invoiceLines(invoice.id) : invoice.lines.data
  const metadata = [
    invoice.metadata,
    invoice.parent?.subscription_details?.metadata ?? {},
    invoice.subscription_details?.metadata ?? {},
  ]
  return {
    id: invoice.id,
    // Newer invoices do not say what paid them. Without the API, their refunds cannot be told to be theirs.
    reference: invoice.payment_intent ?? (await api?.paymentOf(invoice.id)) ?? invoice.id,
    account: metadata.find((values) => values['account'] !== undefined)?.['account'],
    credits: boughtCredit(
      {
        items: await billedItems(lines, api),
        metadata,
        currency: invoice.currency,
        netAmount: invoice.total_excluding_tax ?? invoice.total,
      },
      creditsPerDollar,
    ),
    source: 'subscription',
    expiresAt: new Date(lastSecond(lines) * 1000 + parseDuration(subscriptionGrace)),
    // What came from the customer's balance cannot be refunded to a card, nor disputed.
    paid: BigInt(invoice.amount_paid > 0 ? invoice.amount_paid : invoice.total),
  }
}

const isOfSubscription = ({ parent, subscription }: Invoice): boolean =>
  (parent?.subscription_details ?? subscription ?? undefined) !== undefined

/** The end of the last period among the lines. */
const lastSecond = (lines: readonly InvoiceLine[]): number =>
  Math.max(...lines.map((line) => line.period.end))

/** Lines whose price can be seen; each price is asked for once. */
async function billedItems(lines: readonly InvoiceLine[], api: StripeApi | undefined): Promise<BilledItem[]> {
  const known = new Map<string, Price>()
  const items: BilledItem[] = []
  for (const line of lines) {
    const price = line.price ?? line.pricing?.price_details?.price
    if (price === undefined || price === null) continue
    const found = typeof price === 'string' ? (known.get(price) ?? (await api?.price(price))) : price
    if (found === undefined) continue
    known.set(found.id, found)
    items.push({
      price: found,
      quantity: line.quantity ?? 1,
      proratedAmount: isProrated(line) ? line.amount : undefined,
    })
  }
  return items
}

const isProrated = ({ parent, proration }: InvoiceLine): boolean =>
  proration ??
  parent?.subscription_item_details?.proration ??
  parent?.invoice_item_details?.proration ??
  false
