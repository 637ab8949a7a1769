import type { Context } from 'hono'
import type { CreditLedger } from '../src/credits.ts'
import { readSchemaVersion } from '../src/readiness.ts'
import { type Logger, maskSecrets } from './log.ts'
import type { JobsState } from './services.ts'
import type { SlackState } from './slack-identity.ts'
import { endsWithin } from '../src/time-limit.ts'

/** A probe gives up after a few seconds; a database that takes longer is not ready to serve people either. */
const DATABASE_TIMEOUT_MS = 2_000

export type DatabaseState =
  | { status: 'ready'; migrations: { applied: number; known: number } }
  /** The schema is not the one this version knows. */
  | { status: 'not_migrated'; migrations: { applied: number; known: number } }
  | { status: 'unreachable'; reason: string }

const NO_ANSWER: DatabaseState = {
  status: 'unreachable',
  reason: `no answer within ${DATABASE_TIMEOUT_MS} ms`,
}

export interface Readiness {
  ready: boolean
  database: DatabaseState
  /** What runs beside requests: messages and alerts on their way. Queues are in `/metrics`. */
  jobs: (Pick<JobsState, 'status'> & { reason?: string }) | { status: 'not_configured' }
  slack: SlackState | { status: 'not_configured'; missing: readonly string[] }
}

export interface HealthOptions {
  ledger: CreditLedger
  logger: Logger
  jobsState: () => JobsState | undefined
  slackState: () => Readiness['slack']
  isStopping: () => boolean
}

/**
 * `/readyz`: 200 while requests can be served, else 503; the body says why either way. Slack out of reach does not
 * make it unready, as restarting would not help; a refused token does, as it needs a person.
 */
export function readiness({ ledger, logger, jobsState, slackState, isStopping }: HealthOptions) {
  let checking: Promise<DatabaseState> | undefined
  return async (c: Context): Promise<Response> => {
    // Probes that come while one hangs wait for that one, so that they do not pile up on the pool.
    checking ??= checkDatabase(ledger, logger).finally(() => {
      checking = undefined
    })
    const check = checking
    const database = (await endsWithin(check, DATABASE_TIMEOUT_MS)) ? await check : NO_ANSWER
    const jobs = describeJobs(jobsState())
    const slack = slackState()
    const ready =
      !isStopping() &&
      database.status === 'ready' &&
      jobs.status !== 'starting' &&
      jobs.status !== 'failed' &&
      slack.status !== 'rejected' &&
      slack.status !== 'checking'
    const report: Readiness = { ready, database, jobs, slack }
    return c.json(report, ready ? 200 : 503)
  }
}

function describeJobs(state: JobsState | undefined): Readiness['jobs'] {
  if (state === undefined) return { status: 'not_configured' }
  const { status, reason } = state
  return reason === undefined ? { status } : { status, reason: maskSecrets(reason) }
}

async function checkDatabase(ledger: CreditLedger, logger: Logger): Promise<DatabaseState> {
  try {
    const migrations = await readSchemaVersion(ledger)
    return { status: migrations.applied === migrations.known ? 'ready' : 'not_migrated', migrations }
  } catch (error) {
    logger.error({ err: error }, 'The database cannot be reached')
    return {
      status: 'unreachable',
      reason: maskSecrets(error instanceof Error ? error.message : String(error)),
    }
  }
}
