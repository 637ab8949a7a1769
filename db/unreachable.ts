import { DatabaseError } from './errors.ts'

/** What to do about an error of the network, or of PostgreSQL, at the opening of a connection. */
const REMEDIES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there; start PostgreSQL, or correct DATABASE_URL',
  ENOENT: 'nothing listens there; start PostgreSQL, or correct DATABASE_URL',
  ENOTFOUND: 'that host name is unknown; correct DATABASE_URL',
  EAI_AGAIN: 'that host name cannot be looked up now; check the network',
  CONNECT_TIMEOUT: 'it did not answer in time; check host, port and firewall',
  ETIMEDOUT: 'it did not answer in time; check host, port and firewall',
  '28P01': 'it refused the password; correct DATABASE_URL',
  '28000': 'it does not let this user in; correct DATABASE_URL or pg_hba.conf',
  '3D000': 'there is no such database; create it, or correct DATABASE_URL',
  '53300': 'it has no connection left; raise max_connections, or put PgBouncer in front',
  '57P03': 'it is starting or stopping; try again',
}

/**
 * The coded error for a database that could not be opened.
 *
 * @param place host, port and database, as `describePlace` writes them
 */
export function unavailable(error: unknown, place: string): DatabaseError {
  const code = codeOf(error)
  const remedy = code === undefined ? undefined : REMEDIES[code]
  const said = error instanceof Error && error.message !== '' ? error.message : String(error)
  return new DatabaseError(
    'database_unavailable',
    `Cannot use PostgreSQL at ${place}: ${remedy ?? said}${remedy === undefined ? '' : ` (${code})`}.`,
    { cause: error },
  )
}

/** The code of an error of Node.js, of the driver, or of PostgreSQL (its SQLSTATE). */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
