import { CreditsError } from '../errors.ts'
import type { CommitOptions } from './commit-options.ts'
import type { Operation } from './operation.ts'
import { DatabaseTime } from './database-time.ts'
import { Lane } from './lane.ts'

/**
 * Applies operations many at a time: those that come while the database works are written together, by one
 * statement and one commit. Each gets a result of its own. There is a lane for each placement: on one PostgreSQL
 * a single one.
 */
export class GroupCommit {
  private readonly lanes = new Map<string, Lane>()
  private readonly options: CommitOptions
  private readonly time: DatabaseTime
  private closed = false

  constructor(options: CommitOptions) {
    this.options = options
    this.time = new DatabaseTime(options.clock)
  }

  submit<Seed, Answer>(operation: Operation<Seed, Answer>): Promise<Answer> {
    if (this.closed) {
      return Promise.reject(
        new CreditsError('ledger_closed', 'The ledger is closed. Open another one to write.'),
      )
    }
    return this.laneOf(operation.account).submit(operation)
  }

  /** Waits until everything that was submitted has its result. */
  async settled(): Promise<void> {
    await Promise.all(Array.from(this.lanes.values(), (lane) => lane.settled()))
  }

  async close(): Promise<void> {
    this.closed = true
    await this.settled()
  }

  private laneOf(account: string): Lane {
    const placement = this.options.placement?.(account) ?? ''
    let lane = this.lanes.get(placement)
    if (!lane) {
      lane = new Lane(this.options, this.time)
      this.lanes.set(placement, lane)
    }
    return lane
  }
}
