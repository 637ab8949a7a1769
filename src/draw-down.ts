import type { BatchType } from './types.ts'

/** What decides a batch's turn, and how much it can give. Instants are milliseconds since 1970. */
export interface DrawableBatch {
  readonly id: string
  readonly type: BatchType
  readonly addedAt: number
  /** Infinity for a batch that never expires. */
  readonly expiresAt: number
  readonly remaining: bigint
}

/**
 * The draw-down order: Free before Paid; within a type the soonest expiry first, never-expiring last; then the
 * oldest added; then by id. Negative if `a` comes first.
 */
export function compareDrawDown(a: DrawableBatch, b: DrawableBatch): number {
  if (a.type !== b.type) return a.type === 'free' ? -1 : 1
  if (a.expiresAt !== b.expiresAt) return a.expiresAt < b.expiresAt ? -1 : 1
  if (a.addedAt !== b.addedAt) return a.addedAt < b.addedAt ? -1 : 1
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0
}

/** Whether a batch is spendable at an instant: one that expires then is already gone. */
export const isUnexpired = (batch: Pick<DrawableBatch, 'expiresAt'>, at: number): boolean =>
  batch.expiresAt > at

/** Whether a hold that was authorised at an instant keeps its right to a batch that has expired since. */
export const isGoodFor = (batch: Pick<DrawableBatch, 'addedAt' | 'expiresAt'>, heldSince: number): boolean =>
  batch.addedAt <= heldSince && isUnexpired(batch, heldSince)

export interface DrawDown<B extends DrawableBatch> {
  draws: { batch: B; amount: bigint }[]
  /** What the batches could not cover. */
  shortfall: bigint
}

/**
 * Decides which batches an amount is drawn from.
 *
 * @param batches in draw-down order (`compareDrawDown`)
 * @param amount micro-credits, at least 0
 * @param at batches past their expiry at this instant are passed over
 * @param heldSince when the amount was reserved: batches that were still good then may be drawn although they
 * have expired in between
 * @example drawDown([free, paid], 12n, Date.now()) // { draws: [{ batch: free, amount: 10n }, { batch: paid, amount: 2n }], shortfall: 0n }
 */
export function drawDown<B extends DrawableBatch>(
  batches: readonly B[],
  amount: bigint,
  at: number,
  heldSince = Number.POSITIVE_INFINITY,
): DrawDown<B> {
  const draws: DrawDown<B>['draws'] = []
  let left = amount
  for (const batch of batches) {
    if (left === 0n) break
    if (batch.remaining === 0n || !(isUnexpired(batch, at) || isGoodFor(batch, heldSince))) continue
    const drawn = batch.remaining < left ? batch.remaining : left
    draws.push({ batch, amount: drawn })
    left -= drawn
  }
  return { draws, shortfall: left }
}
