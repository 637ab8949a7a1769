import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TestClock } from '../../src/clock.ts'
import { openCredits, type CreditLedger, type OpenOptions } from '../../src/credits.ts'
import { CreditsError } from '../../src/errors.ts'
import { createTestDatabase, type TestDatabase } from './database.ts'

export interface TestLedger {
  readonly ledger: CreditLedger
  /** Of all ledgers on this database; it stands still until it is moved. */
  readonly clock: TestClock
  readonly database: TestDatabase
  /** One more ledger on the same database, as another process would have it: nothing shared but the clock. */
  openAnother(): Promise<CreditLedger>
  /** Where the journals of all of them are. */
  readonly journal: string
  /** Closes all of them and drops the database. */
  close(): Promise<void>
}

/**
 * A ledger on a database of its own, at the start of 2026.
 *
 * @example
 * const { ledger, clock, close } = await openTestLedger()
 * afterAll(close)
 */
export async function openTestLedger(
  options: Omit<OpenOptions, 'url' | 'directory' | 'clock'> = {},
): Promise<TestLedger> {
  const database = await createTestDatabase()
  const clock = new TestClock()
  const opened: CreditLedger[] = []
  const journal = await mkdtemp(join(tmpdir(), 'agent-credits-journal-'))

  async function openAnother(): Promise<CreditLedger> {
    const ledger = await openCredits({
      ...options,
      url: database.url,
      journal: options.journal === false ? false : { directory: journal, ...options.journal },
      clock,
      migrate: false,
    })
    opened.push(ledger)
    return ledger
  }

  async function close(): Promise<void> {
    await Promise.all(opened.map((ledger) => ledger.close()))
    await database.drop()
    await rm(journal, { recursive: true })
  }

  return { ledger: await openAnother(), clock, database, journal, openAnother, close }
}

/**
 * The coded error that a call ends in.
 *
 * @throws Error if it succeeds; and whatever it ends in that has no code
 * @example expect(await refusalOf(ledger.release('acme', id))).toMatchObject({ code: 'hold_not_found' })
 */
export async function refusalOf(call: Promise<unknown>): Promise<CreditsError> {
  try {
    await call
  } catch (error) {
    if (CreditsError.isInstance(error)) return error
    throw error
  }
  throw new Error('The call was to be refused, and succeeded')
}

/**
 * A digest of each table's rows: equal before and after if and only if nothing was written in between. Without what is
 * counted for metrics, which is written now and then.
 */
export async function digestTables(ledger: CreditLedger): Promise<Record<string, string>> {
  const { sql } = ledger.database
  const tables = await sql<{ name: string }[]>`
    select tablename as name from pg_tables
    where schemaname = 'public' and tablename <> 'counters' order by tablename`
  const digests: Record<string, string> = {}
  for (const { name } of tables) {
    const [row] = await sql<{ digest: string }[]>`
      select count(*) || ' rows ' || md5(coalesce(string_agg(t::text, '' order by t::text), '')) as digest
      from ${sql(name)} t`
    digests[name] = row?.digest ?? ''
  }
  return digests
}
