import type { AccountState } from './account-state.ts'
import type { LockedRows } from './locked-rows.ts'
import type { Posting } from './posting.ts'
import type { TransactionReader } from './transaction-reader.ts'

/** Where an operation is applied: an account as of one version, and where to write what it does. */
export interface AccountView {
  readonly state: AccountState
  /** Milliseconds. Exact under the account's lock; otherwise an estimate from which nothing is about to expire. */
  readonly at: number
  readonly posting: Posting
  /** Holds that lapsed when the account was locked. */
  readonly lapsed: number
  /** The rows that the operation asked for; only under the account's lock. */
  readonly rows: LockedRows | undefined
}

/** Rows beyond the account and its open batches that an operation wants to see. */
export interface RowRequest {
  /** A hold, and what closed it if it is no longer open. */
  readonly hold?: string
  /** A charge that would show that this operation was already applied. */
  readonly charge?: string
}

export interface KeyedInput {
  readonly key: string
  readonly inputHash: string
}

export interface Replay<Seed> {
  readonly seed: Seed
  /** When it was written. */
  readonly at: Date
}

/**
 * One write to one account. `apply` decides: it throws a CreditsError before it changes anything, or changes the
 * view's state and posting and returns the seed of its answer: plain data that `answer` turns into what the caller
 * gets, now or, from the stored key, at a replay.
 */
export interface Operation<Seed, Answer> {
  readonly name: string
  readonly account: string
  /** Null where the id of what is written is the key: a call's hold, the hold that is captured. */
  readonly keyed: KeyedInput | null
  /** The id of what it writes or is about. */
  readonly subject: string
  /**
   * Whether it may be decided on a remembered state of the account. Others lock the account, and are alone on it
   * in their group.
   */
  readonly rememberable: boolean
  /**
   * What to read with the lock.
   *
   * @param unknown whether an earlier attempt may have been written
   */
  rows?(unknown: boolean): RowRequest
  /** Reads, under the account's lock, what depends on rows already read. */
  prepare?(view: AccountView, reader: TransactionReader): Promise<void>
  /** What an earlier attempt wrote, for an operation without a key of its own. */
  replay?(view: AccountView): Replay<Seed> | undefined
  apply(view: AccountView): Seed
  answer(seed: Seed, at: Date): Answer
}

/** Thrown by `apply` when the remembered state cannot decide and the account must be locked and read. */
export class NeedsLock extends Error {
  constructor() {
    super('The account must be read under its lock.')
    this.name = 'NeedsLock'
  }
}
