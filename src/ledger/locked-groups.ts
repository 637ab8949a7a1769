import { setTimeout as delay } from 'node:timers/promises'
import type { AccountMemory } from './account-memory.ts'
import { type DatabaseFailure, failureOf, isLockTimeout } from '../../db/failure.ts'
import type { DatabaseTime } from './database-time.ts'
import { finalError, unreachable } from './failed-operation.ts'
import type { CommitOptions } from './commit-options.ts'
import { Connection } from '../../db/connection.ts'
import { LockedGroup } from './locked-group.ts'
import { identityOf, type Pending } from './pending.ts'

const GROUP_MAX = 256
/** A group takes milliseconds, and waits for a lock for seconds; a connection silent for longer is dead. */
export const PATIENCE_MS = 20_000
/** Groups at once, each on a connection of its own: reading one overlaps with writing another. */
const GROUPS_AT_ONCE = 3
/** Deadlocks and serialization failures are tried again this often; each attempt waits a little longer. */
const CONFLICTS_MAX = 12
const BACKOFF_MS = 20
const BACKOFF_MAX_MS = 1_000

/** Operations that are decided under their accounts' locks, in groups that share no account. */
export class LockedGroups {
  private readonly options: CommitOptions
  private readonly time: DatabaseTime
  private readonly memory: AccountMemory
  private readonly handBack: (pending: readonly Pending[]) => void
  private readonly idle: Connection[] = []
  private waiting: Pending[] = []
  private readonly waitingOf = new Map<string, number>()
  private readonly running = new Set<string>()
  private groups = 0
  private failures = 0

  /** @param handBack takes operations that came in while their account was locked and may now be guessed */
  constructor(
    options: CommitOptions,
    time: DatabaseTime,
    memory: AccountMemory,
    handBack: (pending: readonly Pending[]) => void,
  ) {
    this.options = options
    this.time = time
    this.memory = memory
    this.handBack = handBack
  }

  /** Whether operations of this account wait or run here: others must not overtake them. */
  isBusy(account: string): boolean {
    return this.waitingOf.has(account) || this.running.has(account)
  }

  add(pending: Pending): void {
    const { account } = pending.operation
    this.waiting.push(pending)
    this.waitingOf.set(account, (this.waitingOf.get(account) ?? 0) + 1)
  }

  start(): void {
    while (this.groups < GROUPS_AT_ONCE) {
      const group = this.nextGroup()
      if (group.length === 0) return
      void this.run(group)
    }
  }

  /** Takes what may go together: no account of a running group, nothing twice, and what must be alone, alone. */
  private nextGroup(): Pending[] {
    const group: Pending[] = []
    const left: Pending[] = []
    const identities = new Set<string>()
    const alone = new Map<string, boolean>()
    for (const pending of this.waiting) {
      const { operation } = pending
      const { account, prepare } = operation
      const identity = identityOf(operation)
      const taken = alone.get(account)
      const fits =
        (taken === undefined || (!taken && !prepare && !identities.has(identity))) && mayMeet(pending, group)
      if (group.length < GROUP_MAX && fits && !this.running.has(account)) {
        group.push(pending)
        identities.add(identity)
        alone.set(account, prepare !== undefined)
      } else {
        left.push(pending)
      }
    }
    this.waiting = left
    for (const { operation } of group) this.countDown(operation.account)
    return group
  }

  private countDown(account: string): void {
    const count = (this.waitingOf.get(account) ?? 0) - 1
    if (count > 0) this.waitingOf.set(account, count)
    else this.waitingOf.delete(account)
  }

  private async run(group: readonly Pending[]): Promise<void> {
    const accounts = new Set(group.map(({ operation }) => operation.account))
    for (const account of accounts) this.running.add(account)
    this.groups += 1
    const again = await this.attempt(group)
    this.groups -= 1
    for (const account of accounts) this.running.delete(account)
    for (const pending of again) this.add(pending)
    this.release()
    this.start()
  }

  /** Whoever waits here only because the account was busy may be guessed again. */
  private release(): void {
    const free = this.waiting.filter(
      ({ mustLock, operation }) => !mustLock && !this.running.has(operation.account),
    )
    if (free.length === 0) return
    const released = new Set(free)
    this.waiting = this.waiting.filter((pending) => !released.has(pending))
    for (const { operation } of free) this.countDown(operation.account)
    this.handBack(free)
  }

  /** Carries a group out, and returns what must be tried again. */
  private async attempt(group: readonly Pending[]): Promise<Pending[]> {
    const { database } = this.options
    const connection = this.idle.pop() ?? new Connection(() => database.openLane(), PATIENCE_MS)
    const attempt = new LockedGroup(group, this.options, this.time, this.memory)
    try {
      const again = await connection.use((sql) => attempt.run(sql))
      this.failures = 0
      return again
    } catch (error) {
      const failure = failureOf(error)
      attempt.forget()
      // A connection that failed is gone, and its transaction with it. So is one that fails now.
      if (failure !== 'connection')
        await connection.use((sql) => attempt.rollBack(sql)).catch(() => undefined)
      if (failure === 'final' && group.length > 1) return await this.attemptEach(group)
      return await this.retry(group, failure, error, attempt.wasSent)
    } finally {
      this.idle.push(connection)
    }
  }

  /** One of the group cannot be written: alone, only that one fails. */
  private async attemptEach(group: readonly Pending[]): Promise<Pending[]> {
    const again: Pending[] = []
    for (const pending of group) again.push(...(await this.attempt([pending])))
    return again
  }

  private async retry(
    group: readonly Pending[],
    failure: DatabaseFailure,
    error: unknown,
    wasSent: boolean,
  ): Promise<Pending[]> {
    const again: Pending[] = []
    for (const pending of group) {
      pending.mustLock = true
      pending.unknown ||= failure === 'connection' && wasSent
      pending.conflicts += failure === 'conflict' ? 1 : 0
      // One locked account must not hold up the others of its group.
      pending.apart ||= isLockTimeout(error)
      if (failure === 'final' || pending.conflicts > CONFLICTS_MAX) {
        pending.reject(pending.unknown ? unreachable(pending, error) : finalError(error))
      } else if (this.isOverdue(pending)) pending.reject(unreachable(pending, error))
      else again.push(pending)
    }
    if (again.length > 0) {
      this.failures += 1
      const backoffMs = Math.min(BACKOFF_MS * 2 ** Math.min(this.failures, 10), BACKOFF_MAX_MS)
      // Jittered, so that processes which met do not meet again.
      await delay(backoffMs * (0.5 + Math.random() / 2))
    }
    return again
  }

  private isOverdue({ since }: Pending): boolean {
    return performance.now() - since > this.options.retryForMs
  }
}

/** An operation whose account was locked for too long meets only its account's others. */
function mayMeet({ apart, operation }: Pending, group: readonly Pending[]): boolean {
  const [first] = group
  return first === undefined || first.operation.account === operation.account || !(apart || first.apart)
}
