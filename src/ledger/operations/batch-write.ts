import type { Batch } from '../../types.ts'
import type { AccountState, LedgerBatch } from '../account-state.ts'
import { batchOf } from '../batch-answer.ts'
import type { AccountView, KeyedInput, Operation } from '../operation.ts'
import { batchNotFound } from '../refusals.ts'
import type { TransactionReader } from '../transaction-reader.ts'
import { batchOfSeed, type GrantSeed } from './grant.ts'

export interface BatchCommand {
  readonly account: string
  readonly batchId: string
  readonly reason: string
  readonly actor: string | undefined
  readonly keyed: KeyedInput
}

/** A write to one batch, also to one that is used up, which the account's state does not have. */
export abstract class BatchWrite<Command extends BatchCommand> implements Operation<GrantSeed, Batch> {
  abstract readonly name: string
  readonly account: string
  readonly keyed: KeyedInput
  readonly rememberable = false
  readonly subject: string
  protected readonly command: Command
  private spent: LedgerBatch | undefined

  constructor(command: Command) {
    this.account = command.account
    this.keyed = command.keyed
    this.subject = command.batchId
    this.command = command
  }

  async prepare({ state }: AccountView, reader: TransactionReader): Promise<void> {
    if (state.batches.some(({ id }) => id === this.subject)) return
    this.spent = (await reader.batchesById(this.account, [this.subject]))[0]
  }

  abstract apply(view: AccountView): GrantSeed

  answer(seed: GrantSeed, at: Date): Batch {
    return batchOf(this.account, batchOfSeed(seed), at.getTime())
  }

  /** @throws CreditsError `batch_not_found` */
  protected batchIn(state: AccountState): LedgerBatch {
    const batch = state.batches.find(({ id }) => id === this.subject) ?? this.spent
    if (!batch) throw batchNotFound(this.account, this.subject)
    return batch
  }
}
