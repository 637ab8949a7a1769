import { hash } from 'node:crypto'
import type { Database } from '../../db/connect.ts'

/**
 * The name of a database, the same for all processes that reach it, by whatever address: journals of different
 * ledgers may lie in one folder, and none must be booked in another's.
 */
export async function identityOf(database: Database): Promise<string> {
  const name = await nameOf(database)
  return hash('sha256', name, 'hex').slice(0, 16)
}

async function nameOf({ sql }: Database): Promise<string> {
  try {
    const [row] = await sql.unsafe<{ name: string }[]>(
      `select system_identifier || ' ' || (select oid from pg_database where datname = current_database()) as name
       from pg_control_system()`,
    )
    if (row) return row.name
  } catch {
    // A server that does not tell: then its address has to do.
  }
  const { host, port, database } = sql.options
  return `${host.join()} ${port.join()} ${database}`
}
