import { AccountMemory } from './account-memory.ts'
import type { DatabaseTime } from './database-time.ts'
import { failureOf } from '../../db/failure.ts'
import { GuessedGroup } from './guessed-group.ts'
import type { CommitOptions } from './commit-options.ts'
import { Connection } from '../../db/connection.ts'
import { LockedGroups, PATIENCE_MS } from './locked-groups.ts'
import type { Operation } from './operation.ts'
import type { Pending } from './pending.ts'
import { Underway } from '../underway.ts'

/** Half of what a busy process has under way, so that one group is decided while another is being written. */
const GROUP_MAX = 256

const GROUPS_IN_FLIGHT = 2

/**
 * A queue of operations and how they get written. Most are decided at once on what is remembered of their account
 * and written by one statement, which is refused if the account has moved on (`GuessedGroup`); the others are
 * decided under the account's lock (`LockedGroups`).
 */
export class Lane {
  private readonly memory = new AccountMemory()
  private readonly connection: Connection
  private readonly locked: LockedGroups
  private readonly options: CommitOptions
  private readonly time: DatabaseTime
  private readonly queue: Pending[] = []
  private inFlight = 0
  /** Operations that were decided from memory, and under a lock. */
  readonly decisions = { guessed: 0, locked: 0 }
  private readonly underway = new Underway()
  private scheduled = false

  constructor(options: CommitOptions, time: DatabaseTime) {
    this.options = options
    this.time = time
    this.connection = new Connection(() => options.database.openLane(), PATIENCE_MS)
    this.locked = new LockedGroups(options, time, this.memory, (again) => this.enqueue(again))
  }

  submit<Seed, Answer>(operation: Operation<Seed, Answer>): Promise<Answer> {
    const era = this.underway.begin()
    return new Promise<Answer>((resolve, reject) => {
      let isSettled = false
      // Once: an answer may come late, after it was given up and asked for again.
      const settleOnce = (settle: () => void) => {
        if (isSettled) return
        isSettled = true
        settle()
        this.underway.end(era)
      }
      this.enqueue([
        {
          operation,
          resolve: (answer) => settleOnce(() => resolve(answer as Answer)),
          reject: (error) => settleOnce(() => reject(error)),
          since: performance.now(),
          mustLock: !operation.rememberable,
          unknown: false,
          conflicts: 0,
          apart: false,
        },
      ])
    })
  }

  /** Waits until all that was submitted before has its result. */
  settled(): Promise<void> {
    return this.underway.ended()
  }

  private enqueue(pending: readonly Pending[]): void {
    for (const each of pending) this.queue.push(each)
    this.schedule()
  }

  /** What is submitted in the same turn of the event loop goes together; nothing waits for more. */
  private schedule(): void {
    if (this.scheduled || this.inFlight >= GROUPS_IN_FLIGHT) return
    this.scheduled = true
    queueMicrotask(() => {
      this.scheduled = false
      while (this.queue.length > 0 && this.inFlight < GROUPS_IN_FLIGHT)
        this.start(this.queue.splice(0, GROUP_MAX))
    })
  }

  private start(pending: readonly Pending[]): void {
    const group = new GuessedGroup(this.memory, this.time, this.options.placement !== undefined)
    for (const each of pending) {
      const isBusy = each.mustLock || this.locked.isBusy(each.operation.account)
      if (!isBusy && group.decide(each)) continue
      each.mustLock ||= !isBusy
      this.decisions.locked += 1
      this.locked.add(each)
    }
    this.locked.start()
    if (!group.isEmpty) void this.write(group)
  }

  private async write(group: GuessedGroup): Promise<void> {
    this.inFlight += 1
    this.decisions.guessed += group.size
    try {
      this.enqueue(await this.connection.use((sql) => group.write(sql, this.options.database.prepare)))
    } catch (error) {
      this.enqueue(group.undecided(failureOf(error)))
    } finally {
      this.inFlight -= 1
      this.schedule()
    }
  }
}
