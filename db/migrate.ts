import { fileURLToPath } from 'node:url'
import { type MigrationMeta, readMigrationFiles } from 'drizzle-orm/migrator'
import type postgres from 'postgres'
import type { Database } from './connect.ts'
import { DatabaseError } from './errors.ts'
import { codeOf } from './unreachable.ts'

/** How many migrations the database has, and how many this code knows. Equal: up to date. */
export interface SchemaVersion {
  applied: number
  known: number
}

const FOLDER = fileURLToPath(new URL('./migrations', import.meta.url))

/** Any number that others are unlikely to lock; advisory locks of a database share one room. */
const LOCK = '7311548094421653'

/** Our own table, not Drizzle's: the application beside us may keep its migrations there. */
const TABLE = `create table if not exists public.credits_migrations (
  version bigint primary key,
  applied_at timestamptz not null default now()
)`

/**
 * Brings the schema up to date. Up to date already, it costs one query. Many processes may call it at once: one
 * migrates, the others wait for it. All is applied, or nothing.
 *
 * @throws DatabaseError `database_newer` when the database has a migration that this code does not know,
 * `database_unavailable` when a migration fails
 */
export async function migrateDatabase(database: Pick<Database, 'sql'>): Promise<void> {
  const known = readMigrationFiles({ migrationsFolder: FOLDER })
  try {
    if (countPending(await readApplied(database.sql), known) === 0) return
    await database.sql.begin('isolation level read committed', (transaction) =>
      applyPending(transaction, known),
    )
  } catch (error) {
    if (error instanceof DatabaseError) throw error
    const said = error instanceof Error ? error.message : String(error)
    throw new DatabaseError('database_unavailable', `Cannot bring the schema up to date: ${said}.`, {
      cause: error,
    })
  }
}

/** For readiness checks: serves nothing before `applied` equals `known`. */
export async function schemaVersion(database: Pick<Database, 'sql'>): Promise<SchemaVersion> {
  const applied = await readApplied(database.sql)
  return { applied: applied.size, known: readMigrationFiles({ migrationsFolder: FOLDER }).length }
}

async function applyPending(transaction: postgres.TransactionSql, known: MigrationMeta[]): Promise<void> {
  // Within the transaction, because behind a pooler the next one may run in another session.
  await transaction.unsafe(`set local lock_timeout = '60s'`)
  await transaction.unsafe(`select pg_advisory_xact_lock(${LOCK})`)
  await transaction.unsafe(TABLE)
  const applied = await readApplied(transaction)
  countPending(applied, known)
  for (const { folderMillis, sql: statements } of known) {
    if (applied.has(String(folderMillis))) continue
    for (const statement of statements) await transaction.unsafe(statement)
    await transaction`insert into public.credits_migrations (version) values (${folderMillis})`
  }
}

async function readApplied(sql: postgres.ISql): Promise<Set<string>> {
  try {
    const rows = await sql.unsafe<{ version: string }[]>('select version from public.credits_migrations')
    return new Set(rows.map((row) => row.version))
  } catch (error) {
    if (codeOf(error) === UNDEFINED_TABLE) return new Set()
    throw error
  }
}

const UNDEFINED_TABLE = '42P01'

/** @throws DatabaseError `database_newer` */
function countPending(applied: ReadonlySet<string>, known: readonly MigrationMeta[]): number {
  const pending = known.filter((migration) => !applied.has(String(migration.folderMillis))).length
  const unknown = applied.size - (known.length - pending)
  if (unknown === 0) return pending
  throw new DatabaseError(
    'database_newer',
    `The database has ${unknown} migration(s) that this version of agent-credits does not know: update agent-credits.`,
  )
}
