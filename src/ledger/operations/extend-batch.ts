import { CreditsError } from '../../errors.ts'
import { isUnexpired } from '../../draw-down.ts'
import type { Batch } from '../../types.ts'
import { type LedgerBatch, settleBatches } from '../account-state.ts'
import { batchOf } from '../batch-answer.ts'
import type { AccountView, KeyedInput, Operation } from '../operation.ts'
import { batchNotFound } from '../refusals.ts'
import type { TransactionReader } from '../transaction-reader.ts'
import { batchOfSeed, type GrantSeed, seedOf } from './grant.ts'

export interface ExtendBatchCommand {
  readonly account: string
  readonly batchId: string
  /** How long from now, or until when, in milliseconds; null: for ever. */
  readonly expiry: { readonly inMs: number } | { readonly at: number } | null
  readonly reason: string
  readonly actor: string | undefined
  readonly keyed: KeyedInput
}

/** Gives a batch another expiry. What has expired stays so: it is granted anew. */
export class ExtendBatch implements Operation<GrantSeed, Batch> {
  readonly name = 'extendBatch'
  readonly account: string
  readonly keyed: KeyedInput
  readonly rememberable = false
  readonly subject: string
  private readonly command: ExtendBatchCommand
  private spent: LedgerBatch | undefined

  constructor(command: ExtendBatchCommand) {
    this.account = command.account
    this.keyed = command.keyed
    this.subject = command.batchId
    this.command = command
  }

  async prepare({ state }: AccountView, reader: TransactionReader): Promise<void> {
    if (state.batches.some(({ id }) => id === this.subject)) return
    this.spent = (await reader.batchesById(this.account, [this.subject]))[0]
  }

  apply({ state, at, posting }: AccountView): GrantSeed {
    const { expiry, reason, actor } = this.command
    const batch = state.batches.find(({ id }) => id === this.subject) ?? this.spent
    if (!batch) throw batchNotFound(this.account, this.subject)
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

  answer(seed: GrantSeed, at: Date): Batch {
    return batchOf(this.account, batchOfSeed(seed), at.getTime())
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
