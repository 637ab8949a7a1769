import type { StripeSettings } from '../../settings.ts'
import type { StripeApi } from './api.ts'
import { boughtCredit } from './bought-credit.ts'
import type { CheckoutSession, SessionItem } from './events.ts'
import type { Payment } from './payment.ts'

/**
 * The payment of a checkout session. Undefined while it is not paid (another event tells when it is), where nobody
 * had to pay, and for subscriptions, whose invoices tell.
 */
export async function paymentOfSession(
  session: CheckoutSession,
  { creditsPerDollar }: StripeSettings,
  api: StripeApi | undefined,
): Promise<Payment | undefined> {
  if (session.mode !== 'payment' || session.payment_status !== 'paid') return undefined
  const total = session.amount_total ?? 0
  if (total <= 0) return undefined
  const extras = (session.total_details?.amount_tax ?? 0) + (session.total_details?.amount_shipping ?? 0)
  const items = (await api?.sessionItems(session.id)) ?? []
  const credits = boughtCredit(
    {
      items: items.flatMap(billed),
      metadata: [session.metadata],
      currency: session.currency,
      netAmount: total - extras,
    },
    creditsPerDollar,
  )
  return {
    id: session.id,
    reference: session.payment_intent ?? session.id,
    account: credits === undefined ? session.metadata['account'] : accountOf(session),
    credits,
    source: 'top_up',
    expiresAt: undefined,
    paid: BigInt(total),
  }
}

/** Of a payment for credit: of other things that are sold, the second may name something else. */
const accountOf = ({ metadata, client_reference_id: reference }: CheckoutSession): string | undefined =>
  metadata['account'] ?? reference ?? undefined

const billed = ({ price, quantity }: SessionItem) =>
  price === null ? [] : [{ price, quantity: quantity ?? 1, proratedAmount: undefined }]
