import type postgres from 'postgres'
import { CreditsError } from '../errors.ts'
import type { AccountMemory } from './account-memory.ts'
import type { AccountState } from './account-state.ts'
import type { DatabaseTime } from './database-time.ts'
import type { CommitOptions } from './commit-options.ts'
import { appliedAccounts } from './guessed-group.ts'
import { lapseDue } from './lapse.ts'
import { lockAccounts, type LockedAccounts } from './lock-accounts.ts'
import type { AccountView } from './operation.ts'
import type { Pending } from './pending.ts'
import { postStatement, type PostResult } from './post-statement.ts'
import { Posting } from './posting.ts'
import { keyConflict } from './refusals.ts'
import { grantSignup } from './signup.ts'
import { TransactionReader } from './transaction-reader.ts'

/** What became of an operation, to be told once it is committed. */
interface Outcome {
  readonly pending: Pending
  readonly tell: () => void
}

/** Operations that are decided in one transaction, under their accounts' locks. */
export class LockedGroup {
  private readonly pending: readonly Pending[]
  private readonly options: CommitOptions
  private readonly time: DatabaseTime
  private readonly memory: AccountMemory
  private readonly posting = new Posting()
  private sent = false

  constructor(
    pending: readonly Pending[],
    options: CommitOptions,
    time: DatabaseTime,
    memory: AccountMemory,
  ) {
    this.pending = pending
    this.options = options
    this.time = time
    this.memory = memory
  }

  /** Whether a failure may have come after the group was written. */
  get wasSent(): boolean {
    return this.sent
  }

  /** Decides, writes, commits, answers; returns operations whose account another process has just created. */
  async run(connection: postgres.Sql): Promise<Pending[]> {
    const { database } = this.options
    const reader = new TransactionReader(connection, database.prepare)
    const sentAt = performance.now()
    const locked = await lockAccounts(reader, this.pending, this.time.fixedTime)
    this.time.observe(locked.at, sentAt)
    const views = this.viewsOf(locked)
    const outcomes: Outcome[] = []
    for (const pending of this.pending) outcomes.push(await this.decide(pending, views, reader, locked.at))

    const written = await this.write(reader, locked.at)
    for (const { state } of views.values()) {
      if (written === 'nothing' || written.has(state.account)) this.memory.remember(state)
      else this.memory.forget(state.account)
    }
    const again: Pending[] = []
    for (const { pending, tell } of outcomes) {
      const { account } = pending.operation
      if (written === 'nothing' || written.has(account) || !this.posting.has(account)) tell()
      else again.push(pending)
    }
    return again
  }

  /** After a failed attempt nothing that was thought of its accounts is known to be so. */
  forget(): void {
    for (const { operation } of this.pending) this.memory.forget(operation.account)
  }

  /** Ends the transaction of a failed attempt, so that its locks are free and the connection is good again. */
  async rollBack(connection: postgres.Sql): Promise<void> {
    await connection.unsafe('rollback')
  }

  private viewsOf({ at, accounts }: LockedAccounts): Map<string, AccountView> {
    const views = new Map<string, AccountView>()
    for (const [account, { state, rows, holds }] of accounts) {
      this.keepKnownHolds(state)
      const { nextLapse } = state
      const locked = { state, at: at.getTime(), posting: this.posting, rows }
      const view = { ...locked, lapsed: holds ? lapseDue(locked, holds) : 0 }
      if (state.version >= 0 && state.nextLapse !== nextLapse) this.posting.touch(state)
      if (state.version < 0 && this.options.signup) grantSignup(view, this.options.signup)
      views.set(account, view)
    }
    return views
  }

  /** Holds that this process knows of are still open if nobody has written to the account since. */
  private keepKnownHolds(state: AccountState): void {
    const known = this.memory.recall(state.account)
    if (!known || known.version !== state.version) return
    for (const hold of known.holds.values()) if (!state.holds.has(hold.id)) state.holds.set(hold.id, hold)
  }

  private async decide(
    pending: Pending,
    views: Map<string, AccountView>,
    reader: TransactionReader,
    at: Date,
  ): Promise<Outcome> {
    const { operation } = pending
    const view = views.get(operation.account)
    if (!view) throw new Error(`The account ${operation.account} was not locked.`)
    const { changes } = this.posting
    try {
      const stored = operation.keyed && view.rows?.keys.get(operation.keyed.key)
      if (operation.keyed && stored) {
        if (stored.operation !== operation.name || stored.inputHash !== operation.keyed.inputHash) {
          throw keyConflict(operation.account, operation.keyed.key)
        }
        return { pending, tell: () => pending.resolve(operation.answer(stored.answer, stored.createdAt)) }
      }
      const replay = operation.replay?.(view)
      if (replay) return { pending, tell: () => pending.resolve(operation.answer(replay.seed, replay.at)) }
      await operation.prepare?.(view, reader)
      const seed = operation.apply(view)
      const { keyed } = operation
      if (keyed) this.posting.key(view.state, keyed.key, operation.name, keyed.inputHash, seed)
      return { pending, tell: () => pending.resolve(operation.answer(seed, at)) }
    } catch (error) {
      if (!CreditsError.isInstance(error)) throw error
      if (this.posting.changes !== changes) {
        throw new Error(`A ${operation.name} was refused after it had begun.`, { cause: error })
      }
      return { pending, tell: () => pending.reject(error) }
    }
  }

  /** Writes and commits in one flight. Returns the accounts that were written. */
  private async write(reader: TransactionReader, at: Date): Promise<Set<string> | 'nothing'> {
    if (this.posting.isEmpty) {
      await reader.command('commit')
      return 'nothing'
    }
    const accounts = this.posting.seal()
    const statement = postStatement(this.posting, at, 'infinity', this.options.placement !== undefined)
    this.sent = true
    const posted = reader.query(statement.text, statement.parameters)
    const committed = reader.command('commit')
    const [result] = (await posted) as unknown as PostResult[]
    if (!result) throw new Error('The statement of a group answers with one row.')
    const { command } = await committed
    if (command !== 'COMMIT') throw new Error(`The transaction ended with ${command}.`)
    return appliedAccounts(accounts, result.applied)
  }
}
