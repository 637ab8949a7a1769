import { micro } from '../amount.ts'
import { isUnexpired } from '../draw-down.ts'
import type { Batch, BatchState } from '../types.ts'
import type { LedgerBatch } from './account-state.ts'

/** A batch as it is shown at an instant. */
export const batchOf = (account: string, batch: LedgerBatch, at: number): Batch => ({
  id: batch.id,
  account,
  type: batch.type,
  source: batch.source,
  allocated: micro(batch.allocated),
  remaining: micro(batch.remaining),
  addedAt: new Date(batch.addedAt),
  expiresAt: batch.expiresAt === Number.POSITIVE_INFINITY ? null : new Date(batch.expiresAt),
  state: stateOf(batch, at),
  note: batch.note,
  reference: batch.reference,
})

/** Used up is told from expired: a batch that was spent in time stays `depleted`. */
function stateOf(batch: LedgerBatch, at: number): BatchState {
  if (batch.voidedAt !== null) return 'voided'
  if (batch.remaining === 0n && batch.expired === 0n) return 'depleted'
  return isUnexpired(batch, at) ? 'active' : 'expired'
}
