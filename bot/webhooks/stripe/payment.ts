import type { Credits } from '../../../src/amount.ts'
import type { CreditLedger } from '../../../src/credits.ts'
import { CreditsError } from '../../../src/errors.ts'
import { noteReversals } from '../../../src/payments.ts'
import type { BatchSource } from '../../../src/types.ts'
import { checkAccount } from '../../../src/validate.ts'
import { settleReversals, STRIPE } from './reversals.ts'

/** Money that arrived, and what it is to buy. */
export interface Payment {
  /** What was paid: a checkout session, an invoice. Credited once, however many events tell of it. */
  id: string
  /** The payment intent, by which refunds and disputes name it. */
  reference: string
  /** Undefined where nothing names one. */
  account: string | undefined
  /** Undefined where nothing tells. */
  credits: Credits | undefined
  source: Extract<BatchSource, 'top_up' | 'subscription'>
  expiresAt: Date | undefined
  /** In the currency's smallest unit. */
  paid: bigint
}

export type PaymentOutcome = 'credited' | 'not_about_credit' | 'nothing_bought'

/**
 * Credits a payment once, and applies what is known of its refunds and disputes, which may have come before it.
 *
 * @throws CreditsError `payment_unplaceable` where a payment for credit names no account, or one for an account no
 * credit: somebody has to mend it, and Stripe delivers it again until then
 */
export async function creditPayment(
  ledger: CreditLedger,
  payment: Payment,
  eventId: string,
): Promise<PaymentOutcome> {
  const { account, credits } = payment
  if (account === undefined && credits === undefined) return 'not_about_credit'
  if (account === undefined) throw unplaceable(payment, 'names no account: set `account` in its metadata')
  checkAccount(account)
  if (credits === undefined) {
    throw unplaceable(
      payment,
      'buys no known credit: set `credits` in the metadata of the price, or STRIPE_CREDITS_PER_DOLLAR',
    )
  }
  if (credits <= 0n) return 'nothing_bought'
  await noteReversals(ledger, payment.reference, { paid: payment.paid })
  await grantOnce(ledger, payment, account, credits, eventId)
  await settleReversals(ledger, payment.reference)
  return 'credited'
}

async function grantOnce(
  ledger: CreditLedger,
  payment: Payment,
  account: string,
  amount: Credits,
  eventId: string,
): Promise<void> {
  try {
    await ledger.grant(account, {
      type: 'paid',
      source: payment.source,
      amount,
      expiresAt: payment.expiresAt,
      key: `stripe:${payment.id}`,
      reference: payment.reference,
      actor: STRIPE,
      note: `Stripe ${payment.id}, ${eventId}`,
    })
  } catch (error) {
    // Another event about the same payment was first: its id is in the note, so the input is another.
    if (!CreditsError.isInstance(error) || error.code !== 'key_conflict') throw error
  }
}

const unplaceable = ({ id }: Payment, why: string) =>
  new CreditsError('payment_unplaceable', `The payment ${id} ${why}. Stripe will deliver it again.`, {
    payment: id,
  })
