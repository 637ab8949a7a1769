import type postgres from 'postgres'
import type { Database } from '../../db/connect.ts'

/** The database has not answered in time. Its code is that of a connection that times out. */
class DatabaseSilent extends Error {
  readonly code = 'ETIMEDOUT'

  constructor(patienceMs: number) {
    super(`The database has not answered for ${patienceMs} ms.`)
    this.name = 'DatabaseSilent'
  }
}

/** A connection that is replaced when the database no longer answers on it: a dead network tells nobody. */
export class LedgerConnection {
  private readonly database: Database
  private readonly patienceMs: number
  private current: postgres.Sql | undefined

  constructor(database: Database, patienceMs: number) {
    this.database = database
    this.patienceMs = patienceMs
  }

  /**
   * Does something on the connection.
   *
   * @throws what `work` throws, and an error of code `ETIMEDOUT` when it takes too long: then nobody knows what
   * of it was done
   */
  async use<T>(work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
    const sql = (this.current ??= this.database.openLane())
    let timer: NodeJS.Timeout | undefined
    const silence = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        if (this.current === sql) this.current = undefined
        reject(new DatabaseSilent(this.patienceMs))
        void sql.end({ timeout: 0 })
      }, this.patienceMs)
    })
    try {
      return await Promise.race([work(sql), silence])
    } finally {
      clearTimeout(timer)
    }
  }
}
