import { hash } from 'node:crypto'
import type { Database } from '../../db/connect.ts'
import { codeOf } from '../../db/unreachable.ts'

/**
 * The name of a database, the same for all processes that reach it, by whatever address: journals of different
 * ledgers may lie in one folder, and none must be booked in another's.
 *
 * @throws Error of the database: under any other name, a journal would not be found again
 */
export async function identityOf(database: Database): Promise<string> {
  const name = await nameOf(database)
  return hash('sha256', name, 'hex').slice(0, 16)
}

async function nameOf({ sql, read }: Database): Promise<string> {
  try {
    const [row] = await read((reader) => reader.unsafe<{ name: string }[]>(NAME))
    if (row) return row.name
  } catch (error) {
    if (!UNTOLD.has(codeOf(error) ?? '')) throw error
  }
  const { host, port, database } = sql.options
  return `${host.join()} ${port.join()} ${database}`
}

const NAME = `
  select system_identifier || ' ' || (select oid from pg_database where datname = current_database()) as name
  from pg_control_system()`

/** Of a server that does not tell: then its address has to do. */
const UNTOLD = new Set([
  '42501', // insufficient_privilege
  '42883', // undefined_function
  '0A000', // feature_not_supported
])
