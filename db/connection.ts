import type postgres from 'postgres'
import { failureOf } from './failure.ts'

/** The database has not answered in time. Its code is that of a connection that times out. */
class DatabaseSilent extends Error {
  readonly code = 'ETIMEDOUT'

  constructor(patienceMs: number) {
    super(`The database has not answered for ${patienceMs} ms.`)
    this.name = 'DatabaseSilent'
  }
}

/**
 * A connection that is thrown away when it fails, or when the database no longer answers on it (a dead network
 * tells nobody), and opened anew at the next use.
 *
 * It is never used again after a failure, because of a fault in postgres.js 3.4: a query that is sent between a
 * socket's error and its close is forgotten, and after the driver has connected again each query on it gets the
 * answer of the one before.
 */
export class Connection {
  private readonly open: () => postgres.Sql
  private readonly patienceMs: number
  private current: postgres.Sql | undefined

  /** @param open makes a client of one connection */
  constructor(open: () => postgres.Sql, patienceMs: number) {
    this.open = open
    this.patienceMs = patienceMs
  }

  /**
   * Does something on the connection.
   *
   * @throws what `work` throws, and an error of code `ETIMEDOUT` when it takes too long: then nobody knows what
   * of it was done
   */
  async use<T>(work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
    const sql = (this.current ??= this.open())
    let timer: NodeJS.Timeout | undefined
    const silence = new Promise<never>((_resolve, reject) => {
      // After a freeze of this process the timer is due before the answer is read, which may be there.
      const giveUp = () => reject(new DatabaseSilent(this.patienceMs))
      timer = setTimeout(() => setImmediate(giveUp), this.patienceMs)
    })
    try {
      return await Promise.race([work(sql), silence])
    } catch (error) {
      if (failureOf(error) === 'connection') this.discard(sql)
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  /** Ends the connection; the next use opens another. */
  end(): void {
    if (this.current) this.discard(this.current)
  }

  private discard(sql: postgres.Sql): void {
    if (this.current === sql) this.current = undefined
    void sql.end({ timeout: 0 })
  }
}
