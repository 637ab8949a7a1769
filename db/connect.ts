import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'
import { type ConnectionTarget, describePlace, readConnectionString } from './connection-string.ts'
import { attachEmbedded } from './embedded.ts'
import { DatabaseError } from './errors.ts'
import type * as schema from './schema.ts'
import { ReaderPool } from './reader-pool.ts'
import { unavailable } from './unreachable.ts'

export interface ConnectOptions {
  /** PostgreSQL connection string. Default: `DATABASE_URL`, else an embedded PostgreSQL. */
  url?: string | undefined
  /** Where the embedded PostgreSQL keeps its files. Default: `.credits/postgres` under the working directory. */
  directory?: string | undefined
  /** The most connections of each pool; they are opened when needed. Default: 10. */
  connections?: number | undefined
}

/** An open database. */
export interface Database {
  /** The connection string in use, with its password. */
  readonly url: string
  /** The pool for hand-written SQL. An int8 comes as a string, a timestamp as a Date. */
  readonly sql: postgres.Sql
  /**
   * Drizzle on a pool of its own, because it replaces the parsers of the client it is given. Loaded when it is first
   * asked for: it takes longer than opening the ledger.
   */
  drizzle(): Promise<PostgresJsDatabase<typeof schema>>
  /** Whether statements may be prepared: false behind a pooler, where the next one may run in another session. */
  readonly prepare: boolean
  /** Reads on a connection of its own, again if that fails; `work` must only read. */
  read<T>(work: (sql: postgres.Sql) => Promise<T>): Promise<T>
  /** A client of exactly one connection, whose queries run in the order given, pipelined. `close` ends it too. */
  openLane(): postgres.Sql
  /** Ends all clients (what runs gets 5 s), and lets go of the embedded server, which stops if nobody else has it. */
  close(): Promise<void>
}

const OLDEST_VERSION = 15
const CLOSE_TIMEOUT_SECONDS = 5
const REPORT_IDLE_SECONDS = 30

type Session = Partial<postgres.ConnectionParameters>

/**
 * A lane runs few statements, again and again, which find each row by its primary key. Left to itself the planner
 * plans each anew (0.2 to 0.3 ms, when an authorize takes 0.4), and while a table is small it prepares a
 * scan of the whole of it, which stays when the table has grown.
 */
const LANE_SESSION: Session = {
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  enable_bitmapscan: 'off',
  jit: 'off',
  // An account that somebody keeps locked is then waited for by itself, not by all that came with it.
  lock_timeout: 2000,
}

/**
 * Opens the database: the one of `url`, else of `DATABASE_URL`, else an embedded PostgreSQL.
 *
 * @throws DatabaseError `database_unavailable`, `database_required`, `embedded_failed`
 * @example const database = await connectDatabase({ url: 'postgres://localhost/credits' })
 */
export async function connectDatabase(options: ConnectOptions = {}): Promise<Database> {
  const connections = options.connections ?? 10
  if (!Number.isInteger(connections) || connections < 1) {
    throw new RangeError(`connections must be a whole number from 1, not ${connections}`)
  }
  const url = options.url ?? process.env.DATABASE_URL
  if (url !== undefined && url !== '') return openDatabase(url, connections, async () => {})

  const server = await attachEmbedded(options.directory)
  try {
    return await openDatabase(server.url, connections, () => server.release())
  } catch (error) {
    await server.release()
    throw error
  }
}

async function openDatabase(
  url: string,
  connections: number,
  release: () => Promise<void>,
): Promise<Database> {
  const target = readConnectionString(url)
  const { sql, prepare } = await openPool(target, connections)
  const clients = new Set<postgres.Sql>([sql])
  let reports: Promise<PostgresJsDatabase<typeof schema>> | undefined
  const readers = new ReaderPool(() => openSingle({ idle_timeout: REPORT_IDLE_SECONDS }), connections)
  let closing: Promise<void> | undefined

  function openLane(): postgres.Sql {
    // It lives as long as its owner wants: a connection renewed by age would break a pipeline in its middle.
    return openSingle({ max_lifetime: null }, prepare ? LANE_SESSION : {})
  }

  function openSingle(terms: ClientOptions, session: Session = {}): postgres.Sql {
    const lane = createClient(target, { max: 1, prepare, ...terms }, session)
    const end = lane.end
    lane.end = (options) => {
      clients.delete(lane)
      return end(options)
    }
    clients.add(lane)
    return lane
  }

  async function openDrizzle(): Promise<PostgresJsDatabase<typeof schema>> {
    const [{ drizzle }, tables] = await Promise.all([
      import('drizzle-orm/postgres-js'),
      import('./schema.ts'),
    ])
    const client = createClient(target, { max: connections, prepare, idle_timeout: REPORT_IDLE_SECONDS })
    clients.add(client)
    return drizzle(client, { schema: tables })
  }

  async function closeAll(): Promise<void> {
    readers.close()
    await Promise.all(Array.from(clients, (client) => client.end({ timeout: CLOSE_TIMEOUT_SECONDS })))
    await release()
  }

  return {
    url,
    sql,
    drizzle: () => (reports ??= openDrizzle()),
    prepare,
    openLane,
    read: (work) => readers.read(work),
    close: () => (closing ??= closeAll()),
  }
}

/** Opens the pool and looks at what is on the other end. */
async function openPool(
  target: ConnectionTarget,
  connections: number,
): Promise<{ sql: postgres.Sql; prepare: boolean }> {
  const sql = createClient(target, { max: connections, prepare: target.prepare ?? true })
  try {
    const pooled = await inspectServer(sql)
    if (target.prepare !== undefined || !pooled) return { sql, prepare: target.prepare ?? true }
  } catch (error) {
    await sql.end({ timeout: 0 })
    throw error instanceof DatabaseError ? error : unavailable(error, describePlace(sql))
  }
  await sql.end({ timeout: 0 })
  return { sql: createClient(target, { max: connections, prepare: false }), prepare: false }
}

/** Whether a pooler stands between: it makes up the process id that it names to its clients. */
async function inspectServer(sql: postgres.Sql): Promise<boolean> {
  // Without parameters the driver sends a simple query, which every mode of every pooler passes on.
  const answer = await sql.unsafe<{ pid: number; version: number }[]>(
    `select pg_backend_pid() as pid, current_setting('server_version_num')::int / 10000 as version`,
  )
  const [row] = answer
  if (row === undefined || row.version < OLDEST_VERSION) {
    throw new DatabaseError(
      'database_unavailable',
      `PostgreSQL at ${describePlace(sql)} is version ${row?.version}; it must be ${OLDEST_VERSION} or newer.`,
    )
  }
  return answer.state.pid !== row.pid
}

type ClientOptions = Pick<postgres.Options<{}>, 'max' | 'prepare' | 'idle_timeout' | 'max_lifetime'>

/** A session is only set where there is no pooler: PgBouncer refuses parameters that it does not know. */
function createClient(target: ConnectionTarget, options: ClientOptions, session: Session = {}): postgres.Sql {
  try {
    return postgres(target.url, {
      fetch_types: false,
      onnotice: () => {},
      connect_timeout: target.connectTimeoutSeconds,
      connection: { application_name: 'agent-credits', ...session },
      ...options,
    })
  } catch {
    // The driver's error shows the connection string, and with it the password.
    throw new DatabaseError(
      'database_unavailable',
      'The connection string is malformed. Percent-encode user and password in DATABASE_URL.',
    )
  }
}
