import type { LedgerBatch } from './account-state.ts'
import { drawFrom } from './booking.ts'
import type { AccountView } from './operation.ts'
import type { OwingCharge } from './transaction-reader.ts'

/**
 * Repays debt out of a batch, the oldest charge that owes first, as far as the limit and the debt go.
 *
 * @param owing the charges that owe, oldest first; what is repaid is taken off them
 * @returns what was repaid, in micro-credits
 */
export function repayFrom(
  view: AccountView,
  batch: LedgerBatch,
  limit: bigint,
  owing: OwingCharge[],
): bigint {
  const { state, posting } = view
  let left = limit
  for (const charge of owing) {
    if (left === 0n) break
    const amount = charge.owed < left ? charge.owed : left
    if (amount === 0n) continue
    charge.owed -= amount
    left -= amount
    state.debt -= amount
    drawFrom(view, batch, amount)
    posting.entry(state, { kind: 'repayment', amount, batchId: batch.id, chargeId: charge.chargeId })
  }
  return limit - left
}
