import type { CommitOptions } from './commit-options.ts'
import { ledgerClosed } from './failed-operation.ts'
import type { Operation } from './operation.ts'
import { DatabaseTime } from './database-time.ts'
import { Lane } from './lane.ts'

/** Of one PostgreSQL: while one lane's commit waits for the disk, the other's is being written. */
const LANES = 2

/** An account keeps its lane, and so the order of its operations. */
function laneNumber(account: string): string {
  let sum = 0
  for (let index = 0; index < account.length; index += 1) sum = (sum * 31 + account.charCodeAt(index)) | 0
  return `lane ${Math.abs(sum) % LANES}`
}

/**
 * Applies operations many at a time: those that come while the database works are written together, by one
 * statement and one commit. Each gets a result of its own. There is a lane for each placement; on one
 * PostgreSQL accounts are spread over two.
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
    if (this.closed) return Promise.reject(ledgerClosed())
    return this.laneOf(operation.account).submit(operation)
  }

  /** How many operations were decided from memory, and how many under a lock, each attempt counted. */
  get decisions(): { guessed: number; locked: number } {
    const sum = { guessed: 0, locked: 0 }
    for (const { decisions } of this.lanes.values()) {
      sum.guessed += decisions.guessed
      sum.locked += decisions.locked
    }
    return sum
  }

  /** Waits until everything that was submitted before has its result. */
  async settled(): Promise<void> {
    await Promise.all(Array.from(this.lanes.values(), (lane) => lane.settled()))
  }

  async close(): Promise<void> {
    this.closed = true
    await this.settled()
  }

  private laneOf(account: string): Lane {
    const placement = this.options.placement?.(account) ?? laneNumber(account)
    let lane = this.lanes.get(placement)
    if (!lane) {
      lane = new Lane(this.options, this.time)
      this.lanes.set(placement, lane)
    }
    return lane
  }
}
