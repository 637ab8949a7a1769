import type { Db } from 'pg-boss'
import type postgres from 'postgres'

/**
 * A transaction of the ledger's, for the jobs to be queued in: they exist if and only if it commits. Only for queueing,
 * whose parameters are texts; the two drivers differ in how they write others.
 */
export const inTransaction = (sql: postgres.TransactionSql, prepare: boolean): Db => ({
  async executeSql(text, values = []) {
    const rows = await sql.unsafe(text, values.map(textOf), { prepare })
    return { rows: Array.from(rows) }
  },
})

function textOf(value: unknown): string | null {
  if (value === null || typeof value === 'string') return value
  throw new TypeError('Only texts can be parameters of a job that is queued in a transaction.')
}
