import { CreditsError } from '../../errors.ts'
import { isUnexpired } from '../../draw-down.ts'
import { type LedgerBatch, settleBatches } from '../account-state.ts'
import type { AccountView } from '../operation.ts'
import { type BatchCommand, BatchWrite } from './batch-write.ts'
import { type GrantSeed, seedOf } from './grant.ts'

export interface ExtendBatchCommand extends BatchCommand {
  /** How long from now, or until when, in milliseconds; null: for ever. */
  readonly expiry: { readonly inMs: number } | { readonly at: number } | null
}

/** Gives a batch another expiry. What has expired stays so: it is granted anew. */
export class ExtendBatch extends BatchWrite<ExtendBatchCommand> {
  readonly name = 'extendBatch'

  apply({ state, at, posting }: AccountView): GrantSeed {
    const { expiry, reason, actor } = this.command
    const batch = this.batchIn(state)
    checkExtensible(batch, at)
    const to = expiry === null ? Number.POSITIVE_INFINITY : 'at' in expiry ? expiry.at : at + expiry.inMs
    if (to <= at) {
      throw new CreditsError('invalid_time', 'A batch must expire in the future; the time given is past.')
    }
    const from = batch.expiresAt
    batch.expiresAt = to
    settleBatches(state, at)
    posting.extendBatch(state, batch)
    posting.entry(state, {
      kind: 'extension',
      amount: batch.allocated,
      batchId: batch.id,
      reason,
      actor,
      detail: { from: isoOf(from), to: isoOf(to) },
    })
    return seedOf(batch)
  }
}

function checkExtensible(batch: LedgerBatch, at: number): void {
  if (batch.voidedAt !== null) {
    throw new CreditsError('batch_voided', `The batch ${batch.id} is voided. Grant the credit anew.`, {
      batch: batch.id,
    })
  }
  if (isUnexpired(batch, at)) return
  throw new CreditsError('batch_expired', `The batch ${batch.id} has expired. Grant the credit anew.`, {
    batch: batch.id,
  })
}

const isoOf = (instant: number): string | null =>
  instant === Number.POSITIVE_INFINITY ? null : new Date(instant).toISOString()
