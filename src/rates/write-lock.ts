import type postgres from 'postgres'
import type { Database } from '../../db/connect.ts'

const END_TIMEOUT_SECONDS = 5

/**
 * Writes to a table of prices, under a lock of it and with the time read after the lock, so that times of writing
 * ascend. Operators wait for one another, not calls: those read without a lock.
 *
 * On a connection of its own: one of the pool may have failed without notice, and a write is not tried again.
 */
export async function writeLocked<T>(
  database: Database,
  table: 'rates' | 'pricing',
  fixedTime: Date | null,
  write: (sql: postgres.TransactionSql, now: Date) => Promise<T>,
): Promise<T> {
  const connection = database.openLane()
  try {
    // The driver's type is for arrays of queries too, which it would wait for; this is none.
    return (await connection.begin(async (sql) => {
      await sql.unsafe(`set local lock_timeout = '10s'`)
      await sql.unsafe(`lock table ${table} in share row exclusive mode`)
      const [clock] = await sql.unsafe<{ at: Date }[]>(
        `select date_trunc('milliseconds', coalesce($1::timestamptz, clock_timestamp())) as at`,
        [fixedTime?.toISOString() ?? null],
      )
      if (!clock) throw new Error('The time is one row.')
      return write(sql, clock.at)
    })) as T
  } finally {
    await connection.end({ timeout: END_TIMEOUT_SECONDS })
  }
}

/** @throws whatever `refuse` makes, where a table has more rows than a process keeps */
export async function checkSize(
  sql: postgres.TransactionSql,
  table: 'rates' | 'pricing',
  most: number,
  refuse: () => Error,
): Promise<void> {
  const [size] = await sql.unsafe<{ count: string }[]>(`select count(*) as count from ${table}`)
  if (Number(size?.count) > most) throw refuse()
}
