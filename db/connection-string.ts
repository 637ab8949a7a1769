import type postgres from 'postgres'
import { DatabaseError } from './errors.ts'

/** A connection string, read. */
export interface ConnectionTarget {
  /** What the driver gets: without the parameters that are for this side only. */
  readonly url: string
  /** What the string says about prepared statements: `?prepare=false`, or `?pgbouncer=true` as Prisma writes it. */
  readonly prepare: boolean | undefined
  /** Seconds to wait for a connection. */
  readonly connectTimeoutSeconds: number
}

/** The driver passes every parameter it does not know to the server, which refuses to start a session with these. */
const CLIENT_PARAMETERS = ['prepare', 'pgbouncer', 'channel_binding', 'connect_timeout']

/**
 * @throws DatabaseError `database_unavailable` for what is no PostgreSQL connection string; never shows it, as it
 * may hold a password.
 */
export function readConnectionString(url: string): ConnectionTarget {
  if (!/^postgres(ql)?:\/\//.test(url)) {
    throw new DatabaseError(
      'database_unavailable',
      'The connection string does not begin with postgres:// or postgresql://. Correct DATABASE_URL.',
    )
  }
  // Not `new URL`: a string may name several hosts, which that refuses.
  const end = url.includes('?') ? url.indexOf('?') : url.length
  const address = url.slice(0, end)
  const parameters = new URLSearchParams(url.slice(end))
  const prepare = parameters.get('prepare') ?? (parameters.get('pgbouncer') === 'true' ? 'false' : null)
  const connectTimeoutSeconds = Number(parameters.get('connect_timeout') ?? 10)
  for (const name of CLIENT_PARAMETERS) parameters.delete(name)
  const rest = parameters.toString()
  return {
    url: rest === '' ? address : `${address}?${rest}`,
    prepare: prepare === null ? undefined : prepare !== 'false',
    connectTimeoutSeconds: connectTimeoutSeconds > 0 ? connectTimeoutSeconds : 10,
  }
}

/** Where a client connects to, for people: host, port and database, without user and password. */
export function describePlace(sql: postgres.Sql): string {
  const { host, port, path, database } = sql.options
  const servers = path || host.map((name, n) => `${name}:${port[n] ?? port[0]}`).join(', ')
  return `${servers}, database "${database}"`
}
