import { formatAmount, micro } from '../../../src/amount.ts'
import type { CreditLedger } from '../../../src/credits.ts'
import { CreditsError, type CreditsErrorCode } from '../../../src/errors.ts'
import {
  findPaidBatch,
  noteReversals,
  type PaidBatch,
  readReversals,
  type Reversals,
} from '../../../src/payments.ts'
import type { Charge, Dispute } from './events.ts'

/** Who acts, on the ledger's entries. */
export const STRIPE = 'stripe'

/** Inquiries take no money, and what was prevented never did. */
const HARMLESS = new Set(['warning_needs_response', 'warning_under_review', 'warning_closed', 'prevented'])

export async function reverseRefunded(ledger: CreditLedger, charge: Charge): Promise<string> {
  const reference = charge.payment_intent ?? charge.id
  await noteReversals(ledger, reference, {
    paid: BigInt(charge.amount),
    refunded: BigInt(charge.amount_refunded),
  })
  await settleReversals(ledger, reference)
  return reference
}

/** A dispute does not say what was paid; that is known from the payment, and is at least what is disputed. */
export async function reverseDisputed(ledger: CreditLedger, dispute: Dispute): Promise<string> {
  const reference = dispute.payment_intent ?? dispute.charge
  if (HARMLESS.has(dispute.status) || dispute.amount === 0) return reference
  const disputed = BigInt(dispute.amount)
  await noteReversals(ledger, reference, {
    paid: disputed,
    disputed,
    reinstated: dispute.status === 'won' ? disputed : 0n,
  })
  await settleReversals(ledger, reference)
  return reference
}

/**
 * Brings a payment's batch in line with what became of the payment: of its credit, as much is voided as of the
 * money went back, as far as it is not used yet. What was voided for a dispute that is won comes back as a batch of
 * its own, unless its time has passed.
 *
 * Whoever notes something of a payment calls this after it, and so does who grants its batch: whatever comes last
 * finds all that came before. Doing it again changes nothing.
 */
export async function settleReversals(ledger: CreditLedger, reference: string): Promise<void> {
  const batch = await findPaidBatch(ledger, reference, STRIPE)
  if (batch === undefined) return
  const reversals = await readReversals(ledger, reference)
  if (reversals === undefined) return
  const { refunded, disputed, reinstated } = reversals
  const total = shareOf(batch, reversals, refunded + disputed)
  // A dispute may still be won.
  await voidUpTo(ledger, batch, { total, isClosed: refunded >= reversals.paid }, reference)
  if (reinstated > 0n) await giveBack(ledger, reference, reversals)
}

async function giveBack(ledger: CreditLedger, reference: string, reversals: Reversals): Promise<void> {
  const batch = await findPaidBatch(ledger, reference, STRIPE)
  if (batch === undefined) return
  const { refunded, disputed, reinstated } = reversals
  const stillReversed = shareOf(batch, reversals, refunded + disputed - reinstated)
  const due = batch.voided > stillReversed ? batch.voided - stillReversed : 0n
  const ofReturned = `${reference}:reinstated`
  const returned = await findPaidBatch(ledger, ofReturned, STRIPE)
  if (returned !== undefined) {
    // A refund after the dispute was won: what came back is taken again.
    const total = returned.allocated - due
    await voidUpTo(ledger, returned, { total, isClosed: due === 0n }, ofReturned)
    return
  }
  if (due === 0n || batch.isExpired) return
  try {
    await ledger.grant(batch.account, {
      type: 'paid',
      source: batch.source,
      amount: micro(due),
      expiresAt: batch.expiresAt,
      key: `stripe:${ofReturned}`,
      reference: ofReturned,
      actor: STRIPE,
      note: `The dispute of ${reference} was won`,
    })
  } catch (error) {
    if (!isCoded(error, 'key_conflict')) throw error
    // Another gave back at the same time, before or after a refund was noted. That batch is there now.
    await settleReversals(ledger, reference)
  }
}

/**
 * Voids until `total` of the batch is voided, as far as it remains. A batch that is `closed` gets nothing back any
 * more, such as from the refund of a charge; one that is not may, and the next event takes of it what was missing.
 */
async function voidUpTo(
  ledger: CreditLedger,
  batch: PaidBatch,
  { total, isClosed }: { total: bigint; isClosed: boolean },
  reference: string,
): Promise<void> {
  const isDone = total <= batch.voided || batch.remaining === 0n
  if (batch.isClosed || batch.isExpired || (isDone && !isClosed)) return
  const until = formatAmount(total)
  try {
    await ledger.void(batch.account, batch.id, {
      ...(isClosed ? {} : { total: until }),
      reason: 'The payment was refunded or is disputed',
      key: `stripe:${reference}:${isClosed ? 'close' : `void:${until}:${formatAmount(batch.voided)}`}`,
      actor: STRIPE,
    })
  } catch (error) {
    // Somebody voided all of it since it was read: there is nothing left to take.
    if (!isCoded(error, 'batch_voided')) throw error
  }
}

const isCoded = (error: unknown, code: CreditsErrorCode): boolean =>
  CreditsError.isInstance(error) && error.code === code

/** What of a batch a part of its price has bought; a fraction of a micro-credit is left to the payer. */
function shareOf(batch: PaidBatch, { paid }: Reversals, amount: bigint): bigint {
  const reversed = amount < paid ? amount : paid
  return (batch.allocated * reversed) / paid
}
