/** What a ledger is opened with, checked, and its database. */
import { connectDatabase, type Database } from '../db/connect.ts'
import { migrateDatabase } from '../db/migrate.ts'
import { type AmountInput, parsePositiveAmount } from './amount.ts'
import type { Clock } from './clock.ts'
import { asCreditsError } from './database-error.ts'
import { parseDuration } from './duration.ts'
import { identityOf } from './journal/identity.ts'
import type { JournalInput } from './journal/journal-options.ts'
import type { SignupTerms } from './ledger/commit-options.ts'
import type { DurationInput } from './types.ts'

export interface OpenOptions {
  /** PostgreSQL connection string. Default: `DATABASE_URL`, else an embedded PostgreSQL. */
  url?: string | undefined
  /** Where the embedded PostgreSQL keeps its files. Default: `.credits/postgres` under the working directory. */
  directory?: string | undefined
  /** Whether to bring the schema up to date when opening. Default: true. */
  migrate?: boolean | undefined
  /** Free credit for each account on its first mention. */
  signup?: { amount: AmountInput; expiresIn?: DurationInput | undefined } | undefined
  /** How long a hold lasts that names no `ttl`. Default: 10 minutes. */
  holdTtl?: DurationInput | undefined
  /** How long a write is retried while the database cannot be reached, in milliseconds. Default: 30,000. */
  retryFor?: number | undefined
  /**
   * Where the costs of metered calls are kept until the ledger has them, so that none is lost when the database is
   * away or this process is killed. `false`: in memory only.
   */
  journal?: JournalInput | false | undefined
  /**
   * Whether a SIGTERM has the costs of ended calls booked before it ends the process, from the first metered call
   * on. Default: true. Where the program listens to SIGTERM itself, ending is left to it.
   */
  flushOnSignal?: boolean | undefined
  /** Which shard an account's rows are on; accounts of one group commit share it. Default: all on one. */
  placement?: ((account: string) => string) | undefined
  /** For tests; default: the database's clock. */
  clock?: Clock | undefined
}

export interface CommitSettings {
  readonly holdTtlMs: number
  readonly retryForMs: number
  readonly signup: SignupTerms | null
}

const HOLD_TTL = '10m'
const RETRY_FOR_MS = 30_000

/** @throws CreditsError `invalid_duration`, `invalid_amount` */
export const readCommitSettings = ({ holdTtl, retryFor, signup }: OpenOptions): CommitSettings => ({
  holdTtlMs: parseDuration(holdTtl ?? HOLD_TTL, 'holdTtl'),
  retryForMs: parseDuration(retryFor ?? RETRY_FOR_MS, 'retryFor'),
  signup: signup
    ? {
        amount: parsePositiveAmount(signup.amount, 'signup amount'),
        expiresInMs: signup.expiresIn === undefined ? null : parseDuration(signup.expiresIn, 'signup expiry'),
      }
    : null,
})

/** @throws CreditsError `database_required`, `database_unavailable`, `database_newer`, `embedded_failed` */
export async function openDatabase(options: OpenOptions): Promise<Database> {
  try {
    const database = await connectDatabase({ url: options.url, directory: options.directory })
    try {
      if (options.migrate ?? true) await migrateDatabase(database)
      return database
    } catch (error) {
      await database.close()
      throw error
    }
  } catch (error) {
    throw asCreditsError(error)
  }
}

/**
 * The name of the database, which is closed if it does not tell.
 *
 * @throws CreditsError `database_unavailable`
 */
export async function identify(database: Database): Promise<string> {
  try {
    return await identityOf(database)
  } catch (error) {
    await database.close()
    throw asCreditsError(error)
  }
}
