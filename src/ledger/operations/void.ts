import { formatAmount } from '../../amount.ts'
import { CreditsError } from '../../errors.ts'
import { isUnexpired } from '../../draw-down.ts'
import type { LedgerBatch } from '../account-state.ts'
import type { AccountView } from '../operation.ts'
import { type BatchCommand, BatchWrite } from './batch-write.ts'
import { type GrantSeed, seedOf } from './grant.ts'

export interface VoidCommand extends BatchCommand {
  /** How much to void now, or until how much is voided in all; else all that remains, which closes the batch. */
  readonly limit: { readonly amount: bigint } | { readonly total: bigint } | null
}

/** Cancels what remains of a batch, or a part of it. */
export class VoidBatch extends BatchWrite<VoidCommand> {
  readonly name = 'void'

  apply(view: AccountView): GrantSeed {
    const { state, at, posting } = view
    const { batchId, reason, actor, limit } = this.command
    const batch = this.batchIn(state)
    const isByTotal = limit !== null && 'total' in limit
    // A total that has been reached already is no mistake: what has to be, is.
    if (batch.voidedAt !== null && isByTotal) return seedOf(batch)
    if (batch.voidedAt !== null) {
      throw new CreditsError('batch_voided', `The batch ${batchId} is already voided.`, { batch: batchId })
    }
    const amount = this.amountOf(batch)
    if (amount === 0n && limit !== null) return seedOf(batch)
    batch.voided += amount
    batch.remaining -= amount
    if (limit === null) batch.voidedAt = at
    if (isUnexpired(batch, at)) state.spendable -= amount
    posting.changeBatch(state, batch)
    if (amount > 0n) posting.entry(state, { kind: 'void', amount, batchId, reason, actor })
    return seedOf(batch)
  }

  private amountOf({ id, remaining, voided }: LedgerBatch): bigint {
    const { limit } = this.command
    if (limit === null) return remaining
    if ('amount' in limit) {
      if (limit.amount <= remaining) return limit.amount
      throw new CreditsError(
        'void_exceeds_batch',
        `${formatAmount(limit.amount)} cannot be voided: ${formatAmount(remaining)} remains in the batch ${id}.`,
        { batch: id, remaining: formatAmount(remaining) },
      )
    }
    const missing = limit.total - voided
    if (missing <= 0n) return 0n
    return missing < remaining ? missing : remaining
  }
}
