/** Rule 2, a second time: the order of spending, and spending in it. */
import { isUnexpired, type ModelAccount, type ModelBatch, type Portion, smaller } from './state.ts'

/** Sorts by each criterion in turn, the least important first, and relies on the sort keeping equals in place. */
export function inDrawDownOrder(batches: readonly ModelBatch[]): ModelBatch[] {
  const isPaid = (batch: ModelBatch) => (batch.type === 'paid' ? 1 : 0)
  return batches
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .toSorted((a, b) => a.addedAt - b.addedAt)
    .toSorted((a, b) => (a.expiresAt === b.expiresAt ? 0 : a.expiresAt - b.expiresAt))
    .toSorted((a, b) => isPaid(a) - isPaid(b))
}

/** Rule 5: a hold's right is to the credit that there was, and was good, when it was authorised. */
export const wasGood = (batch: ModelBatch, heldSince: number): boolean =>
  batch.addedAt <= heldSince && isUnexpired(batch, heldSince)

/**
 * Takes up to `amount` out of the batches that are good at `now`, or were at `heldSince`.
 *
 * @returns what it took; the rest is whatever the batches did not have
 */
export function takeInOrder(account: ModelAccount, amount: bigint, now: number, heldSince = now): Portion[] {
  const taken: Portion[] = []
  let left = amount
  for (const batch of inDrawDownOrder(account.batches)) {
    const mayDraw = isUnexpired(batch, now) || wasGood(batch, heldSince)
    const part = mayDraw ? smaller(left, batch.remaining) : 0n
    if (part === 0n) continue
    batch.remaining -= part
    left -= part
    taken.push({ batchId: batch.id, amount: part, refunded: 0n, at: now })
  }
  return taken
}
