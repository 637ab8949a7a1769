import type { StoredCharge } from './locked-rows.ts'
import type { ChargeEntry } from './transaction-reader.ts'

/** What of a charge can still be refunded, and where it came from; null is what it still owes. */
export interface RefundSource {
  readonly batchId: string | null
  readonly amount: bigint
}

/**
 * Where a charge's amount came from, newest first, less what earlier refunds gave back: what it still owes, then
 * the repayments of its debt, then its draws.
 *
 * @param entries the charge's repayments and refunds, oldest first
 */
export function refundSources(
  charge: Pick<StoredCharge, 'debt' | 'draws'>,
  entries: readonly ChargeEntry[],
): RefundSource[] {
  const repayments = entries.filter(({ kind }) => kind === 'repayment')
  const refunds = entries.filter(({ kind }) => kind === 'refund')
  const sum = (list: readonly { amount: bigint }[]) => list.reduce((total, { amount }) => total + amount, 0n)
  const owed = charge.debt - sum(repayments) - sum(refunds.filter(({ batchId }) => batchId === null))

  const refundedTo = new Map<string, bigint>()
  for (const { batchId, amount } of refunds) {
    if (batchId !== null) refundedTo.set(batchId, (refundedTo.get(batchId) ?? 0n) + amount)
  }
  const drawn = [
    ...repayments.toReversed().map(({ batchId, amount }) => ({ batchId: batchId ?? '', amount })),
    ...charge.draws.toReversed(),
  ]
  const fromBatches = drawn.map(({ batchId, amount }) => {
    const refunded = refundedTo.get(batchId) ?? 0n
    const taken = refunded < amount ? refunded : amount
    refundedTo.set(batchId, refunded - taken)
    return { batchId, amount: amount - taken }
  })
  return [{ batchId: null, amount: owed }, ...fromBatches].filter(({ amount }) => amount > 0n)
}
