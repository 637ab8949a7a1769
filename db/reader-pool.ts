import { setTimeout as delay } from 'node:timers/promises'
import type postgres from 'postgres'
import { Connection } from './connection.ts'
import { failureOf } from './failure.ts'

/** An audit of an account with tens of millions of charges takes minutes; longer than this is a dead connection. */
const PATIENCE_MS = 1_800_000
/** For this long a read is tried again while the database cannot be reached: a restart takes about a second. */
const RETRY_FOR_MS = 5_000
const RETRY_EVERY_MS = 50

/** Connections for reads, one read at a time on each. A read that a connection fails is tried again on another. */
export class ReaderPool {
  private readonly open: () => postgres.Sql
  private readonly limit: number
  private readonly idle: Connection[] = []
  private inUse = 0
  private readonly waiting: (() => void)[] = []
  private closed = false

  constructor(open: () => postgres.Sql, limit: number) {
    this.open = open
    this.limit = limit
  }

  /** @param work must only read: it may be done twice */
  async read<T>(work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
    const deadline = performance.now() + RETRY_FOR_MS
    for (;;) {
      try {
        return await this.once(work)
      } catch (error) {
        const mayPass = failureOf(error) === 'connection' && !this.closed
        if (!mayPass || performance.now() > deadline) throw error
        await delay(RETRY_EVERY_MS)
      }
    }
  }

  /** Nothing is tried again from now on: the connections are about to be ended. */
  close(): void {
    this.closed = true
  }

  private async once<T>(work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
    if (this.inUse >= this.limit) await new Promise<void>((resolve) => this.waiting.push(resolve))
    this.inUse += 1
    const connection = this.idle.pop() ?? new Connection(this.open, PATIENCE_MS)
    try {
      const result = await connection.use(work)
      this.idle.push(connection)
      return result
    } catch (error) {
      // What one connection met, the idle ones are likely to have met too. A refused query says nothing of its own.
      if (failureOf(error) === 'connection') for (const each of this.idle.splice(0)) each.end()
      else this.idle.push(connection)
      throw error
    } finally {
      this.inUse -= 1
      this.waiting.shift()?.()
    }
  }
}
