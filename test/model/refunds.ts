/** Rule 10: a refund goes back the way the credit came, newest step first. */
import { micro } from '../../src/amount.ts'
import type { Refund } from '../../src/types.ts'
import { batchAnswer, batchOf } from './answers.ts'
import { addBatch, expiryAfter, repayOldestDebt } from './grants.ts'
import type { Refund as RefundOperation } from './operation.ts'
import { Refusal } from './refusal.ts'
import { isUnexpired, type ModelAccount, type ModelCharge, smaller } from './state.ts'

type Return = Refund['returns'][number]

/** @param ids of the refund, then of the new batches, Free before Paid */
export function refund(
  account: ModelAccount,
  operation: RefundOperation,
  now: number,
  ids: readonly string[],
): Refund {
  const { chargeId, input } = operation
  const charge = account.charges.find((candidate) => candidate.id === chargeId)
  if (charge === undefined) throw new Refusal('charge_not_found')
  const refundable = charge.amount - charge.refunded
  const amount = input.amount ?? micro(refundable)
  if (amount > refundable || amount === 0n) throw new Refusal('refund_exceeds_charge')

  const lost = { free: 0n, paid: 0n }
  const offDebt = smaller(amount, charge.owed)
  const returns = [
    ...takeOffDebt(charge, offDebt),
    ...giveBack(account, charge, amount - offDebt, now, input.newBatch === undefined ? undefined : lost),
  ]
  charge.refunded += amount

  const newBatches = (['free', 'paid'] as const)
    .filter((type) => lost[type] > 0n)
    .map((type, index) =>
      addBatch(account, {
        id: ids[index + 1] ?? `unanswered-${type}`,
        type,
        source: 'adjustment',
        allocated: lost[type],
        addedAt: now,
        expiresAt: expiryAfter(now, input.newBatch?.expiresIn),
        note: input.reason,
      }),
    )
  return {
    id: ids[0] ?? 'unanswered',
    account: account.name,
    chargeId,
    amount,
    returns,
    newBatches: newBatches.map((batch) => batchAnswer(account, batch, now)),
    refundedAt: new Date(now),
  }
}

/** What is still owed was never paid with anything: it goes first, and to nobody. */
function takeOffDebt(charge: ModelCharge, amount: bigint): Return[] {
  if (amount === 0n) return []
  charge.owed -= amount
  return [{ batchId: null, amount: micro(amount), outcome: 'debt' }]
}

/**
 * The rest goes to the batches that repaid this charge's debt, then to those it was drawn from, the newest first;
 * but credit that comes pays the account's debt first.
 */
function giveBack(
  account: ModelAccount,
  charge: ModelCharge,
  amount: bigint,
  now: number,
  lost: { free: bigint; paid: bigint } | undefined,
): Return[] {
  const returns: Return[] = []
  const add = (batchId: string, part: bigint, outcome: Return['outcome']) => {
    if (part > 0n) returns.push({ batchId, amount: micro(part), outcome })
  }
  let left = amount
  for (const portion of [...charge.repayments.toReversed(), ...charge.draws.toReversed()]) {
    const piece = smaller(left, portion.amount - portion.refunded)
    if (piece === 0n) continue
    portion.refunded += piece
    left -= piece
    const batch = batchOf(account, portion.batchId)
    const rest = repayOldestDebt(account, batch, piece, now)
    add(batch.id, piece - rest, 'debt')
    const outcome = batch.isVoided ? 'voided' : isUnexpired(batch, now) ? 'returned' : 'expired'
    if (outcome === 'returned') batch.remaining += rest
    else {
      // A new batch makes up for what is lost here; the old one's account of it stays the same.
      batch[outcome] += rest
      if (lost !== undefined) lost[batch.type] += rest
    }
    add(batch.id, rest, outcome)
  }
  if (left > 0n) throw new Error('A refund within what is left found no place to go to')
  return returns
}
