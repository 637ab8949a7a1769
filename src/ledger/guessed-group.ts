import type postgres from 'postgres'
import { CreditsError } from '../errors.ts'
import { type AccountMemory, validUntil } from './account-memory.ts'
import type { AccountState } from './account-state.ts'
import type { DatabaseFailure } from '../../db/failure.ts'
import type { DatabaseTime } from './database-time.ts'
import { NeedsLock } from './operation.ts'
import { identityOf, type Pending } from './pending.ts'
import { postStatement, type PostResult } from './post-statement.ts'
import { Posting } from './posting.ts'

interface Decided {
  readonly pending: Pending
  readonly seed: unknown
}

/**
 * Operations decided on remembered states and written by one statement, without a lock and without reading. A
 * guess that another process has overtaken is not written; its operations come back to be decided under the lock.
 * So are all that would be refused: a refusal is never a guess.
 */
export class GuessedGroup {
  private readonly memory: AccountMemory
  private readonly time: DatabaseTime
  private readonly pruned: boolean
  private readonly posting = new Posting()
  private readonly decided: Decided[] = []
  private readonly at: number | undefined
  private accounts: AccountState[] = []
  /** An error that may have left rows behind: nothing of this group is written. */
  private broken: Error | undefined

  constructor(memory: AccountMemory, time: DatabaseTime, pruned: boolean) {
    this.memory = memory
    this.time = time
    this.pruned = pruned
    this.at = time.estimate()
  }

  /** How many operations it decides. */
  get size(): number {
    return this.decided.length
  }

  get isEmpty(): boolean {
    return this.decided.length === 0 && this.broken === undefined
  }

  /** Whether the operation could be decided; if not, nothing of it was done. */
  decide(pending: Pending): boolean {
    const { operation } = pending
    const state = this.at === undefined ? undefined : this.memory.usable(operation.account, this.at)
    if (!state || this.at === undefined) return false
    const { keyed } = operation
    const identity = identityOf(operation)
    if (keyed && this.memory.hasKey(identity)) return false
    const view = { state, at: this.at, posting: this.posting, lapsed: 0, rows: undefined }
    const { changes } = this.posting
    let seed: unknown
    try {
      seed = operation.apply(view)
    } catch (error) {
      // Refused, or more must be read: under the lock it is decided for good, and its error is the caller's.
      const isDecent = CreditsError.isInstance(error) || error instanceof NeedsLock
      if (!isDecent || this.posting.changes !== changes) this.broken = asError(error)
      return false
    }
    if (keyed) {
      this.posting.key(state, keyed.key, operation.name, keyed.inputHash, seed)
      this.memory.rememberKey(identity)
    }
    this.decided.push({ pending, seed })
    return true
  }

  /** Writes, answers who was decided rightly, and returns the others. */
  async write(connection: postgres.Sql, prepare: boolean): Promise<Pending[]> {
    this.accounts = this.posting.seal()
    if (this.broken !== undefined) throw this.broken
    for (const state of this.accounts) this.memory.remember(state)
    const until = this.accounts.reduce(
      (soonest, state) => Math.min(soonest, validUntil(state)),
      Number.POSITIVE_INFINITY,
    )
    const statement = postStatement(
      this.posting,
      this.time.fixedTime,
      until === Number.POSITIVE_INFINITY ? 'infinity' : new Date(until),
      this.pruned,
    )
    const sentAt = performance.now()
    const [result] = await connection.unsafe<PostResult[]>(statement.text, statement.parameters, { prepare })
    if (!result) throw new Error('The statement of a group answers with one row.')
    this.time.observe(result.at, sentAt)
    return this.answer(result)
  }

  /** The operations of a group whose statement failed, to be decided under the lock. */
  undecided(failure: DatabaseFailure): Pending[] {
    for (const { account } of this.accounts) this.memory.forget(account)
    return this.decided.map(({ pending }) => {
      pending.mustLock = true
      pending.unknown ||= failure === 'connection'
      return pending
    })
  }

  private answer({ at, applied }: PostResult): Pending[] {
    const written = appliedAccounts(this.accounts, applied)
    for (const { account } of this.accounts) {
      if (written.has(account)) this.memory.wasRight(account)
      else this.memory.wasWrong(account)
    }
    const again: Pending[] = []
    for (const { pending, seed } of this.decided) {
      const { operation } = pending
      if (written.has(operation.account)) {
        pending.resolve(operation.answer(seed, at))
      } else {
        pending.mustLock = true
        again.push(pending)
      }
    }
    return again
  }
}

const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)))

/** `applied` comes as an array literal: the ordinals of the accounts that were written. */
export function appliedAccounts(accounts: readonly AccountState[], applied: string | null): Set<string> {
  const ordinals = applied === null ? [] : applied.slice(1, -1).split(',').map(Number)
  return new Set(ordinals.flatMap((ordinal) => accounts[ordinal]?.account ?? []))
}
