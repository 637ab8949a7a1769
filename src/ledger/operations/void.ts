import { CreditsError } from '../../errors.ts'
import { isUnexpired } from '../../draw-down.ts'
import type { Batch } from '../../types.ts'
import type { LedgerBatch } from '../account-state.ts'
import { batchOf } from '../batch-answer.ts'
import type { AccountView, KeyedInput, Operation } from '../operation.ts'
import type { TransactionReader } from '../transaction-reader.ts'
import { batchOfSeed, type GrantSeed, seedOf } from './grant.ts'

export interface VoidCommand {
  readonly account: string
  readonly batchId: string
  readonly reason: string
  readonly actor: string | undefined
  readonly keyed: KeyedInput
}

/** Cancels what remains of a batch. */
export class VoidBatch implements Operation<GrantSeed, Batch> {
  readonly name = 'void'
  readonly account: string
  readonly keyed: KeyedInput
  readonly rememberable = false
  readonly subject: string
  private readonly command: VoidCommand
  private spent: LedgerBatch | undefined

  constructor(command: VoidCommand) {
    this.account = command.account
    this.keyed = command.keyed
    this.subject = command.batchId
    this.command = command
  }

  async prepare({ state }: AccountView, reader: TransactionReader): Promise<void> {
    if (state.batches.some(({ id }) => id === this.command.batchId)) return
    this.spent = (await reader.batchesById(this.account, [this.command.batchId]))[0]
  }

  apply(view: AccountView): GrantSeed {
    const { state, at, posting } = view
    const { batchId, reason, actor } = this.command
    const batch = state.batches.find(({ id }) => id === batchId) ?? this.spent
    if (!batch) {
      throw new CreditsError('batch_not_found', `${this.account} has no batch ${batchId}.`, {
        batch: batchId,
      })
    }
    if (batch.voidedAt !== null) {
      throw new CreditsError('batch_voided', `The batch ${batchId} is already voided.`, { batch: batchId })
    }
    const amount = batch.remaining
    batch.voided += amount
    batch.remaining = 0n
    batch.voidedAt = at
    if (isUnexpired(batch, at)) state.spendable -= amount
    posting.changeBatch(state, batch)
    if (amount > 0n) posting.entry(state, { kind: 'void', amount, batchId, reason, actor })
    return seedOf(batch)
  }

  answer(seed: GrantSeed, at: Date): Batch {
    return batchOf(this.account, batchOfSeed(seed), at.getTime())
  }
}
