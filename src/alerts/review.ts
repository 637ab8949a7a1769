import type postgres from 'postgres'
import type { Database } from '../../db/connect.ts'
import { newId } from '../ids.ts'
import type { AlertLine, Batch, Expiry, Forecast, ReviewReport } from '../types.ts'
import { ALERT_COLUMNS, alertOfRow, type AlertRow } from './alert-row.ts'
import { alertLock } from './raising.ts'
import {
  OPEN_MAX,
  planReview,
  REVIEWED_KINDS,
  type ReviewedAccount,
  type ReviewPlan,
} from './review-rules.ts'

/** Accounts that are read at a time, and of them reviewed at once. */
const PAGE = 500
const AT_ONCE = 4

/** So many accounts fail for a reason that is not theirs. */
const FAILURES_MAX = 10

/** All that a review has opened, and as many others: resolved ones that a new one is compared with, unpriced calls. */
const ALERTS_READ_MAX = 2 * OPEN_MAX

/**
 * Accounts, in pages, of which those count whose credit expires, or was used lately, or that have something open that
 * may be over. What expires later than in 30 days is at risk of nothing yet. Each account costs three looks into an
 * index; to search the usage of all of them by time would read all of it again for each page.
 */
const ACCOUNTS = `
  with clock as materialized (select coalesce($1::timestamptz, clock_timestamp()) as at),
  page as materialized (
    select account_id from accounts where account_id > $2 order by account_id limit ${PAGE})
  select p.account_id,
    exists (select from batches b where b.account_id = p.account_id and b.open
      and b.expires_at > clock.at and b.expires_at < clock.at + interval '30 days')
    or exists (select from usage_buckets u where u.account_id = p.account_id
      and u.starts_at > clock.at - interval '7 days')
    or exists (select from alerts a where a.account_id = p.account_id and a.resolved_at is null
      and a.kind = any($3::text[])) as is_candidate
  from page p, clock order by p.account_id`

const KINDS = `{${REVIEWED_KINDS.join(',')}}`

/** What a review reads of an account. */
export interface ReviewedLedger {
  forecast(account: string): Promise<Forecast>
  batches(account: string): Promise<Batch[]>
  alertLine(account: string): Promise<AlertLine>
  expiries(account: string): Promise<Expiry[]>
}

/** Opens, changes and resolves the alerts that come of forecasts, account by account. Any number may do it at once. */
export async function reviewAlerts(
  database: Database,
  ledger: ReviewedLedger,
  fixedTime: Date | null,
): Promise<ReviewReport> {
  const report = { accounts: 0, raised: 0, changed: 0, resolved: 0 }
  const failures: unknown[] = []
  let after = ''
  for (;;) {
    const accounts = await readAccounts(database, after, fixedTime)
    const candidates = accounts.filter(({ isCandidate }) => isCandidate)
    for (let first = 0; first < candidates.length; first += AT_ONCE) {
      const reviews = await Promise.allSettled(
        candidates
          .slice(first, first + AT_ONCE)
          .map(({ account }) => review(database, ledger, account, fixedTime)),
      )
      for (const result of reviews) {
        if (result.status === 'rejected') {
          failures.push(result.reason)
          if (failures.length === FAILURES_MAX) throw failures[0]
          continue
        }
        const { raise, change, resolve } = result.value
        report.accounts += 1
        report.raised += raise.length
        report.changed += change.length
        report.resolved += resolve.length
      }
    }
    const last = accounts.at(-1)
    if (last === undefined || accounts.length < PAGE) {
      // One account that cannot be reviewed does not keep the others from it.
      if (failures.length > 0) throw failures[0]
      return report
    }
    after = last.account
  }
}

async function readAccounts(
  database: Database,
  after: string,
  fixedTime: Date | null,
): Promise<{ account: string; isCandidate: boolean }[]> {
  const rows = await database.read((sql) =>
    sql.unsafe<{ account_id: string; is_candidate: boolean }[]>(
      ACCOUNTS,
      [fixedTime?.toISOString() ?? null, after, KINDS],
      { prepare: database.prepare },
    ),
  )
  return rows.map(({ account_id: account, is_candidate: isCandidate }) => ({ account, isCandidate }))
}

async function review(
  database: Database,
  ledger: ReviewedLedger,
  account: string,
  fixedTime: Date | null,
): Promise<ReviewPlan> {
  const [forecast, batches, line] = await Promise.all([
    ledger.forecast(account),
    ledger.batches(account),
    ledger.alertLine(account),
  ])
  // After them: what expired before they were read must be told as expired, not as averted.
  const expiries = await ledger.expiries(account)
  const { prepare } = database
  // It may be done twice where the connection fails: the second time finds the first one's rows.
  return database.read((sql) =>
    sql.begin('isolation level read committed', async (transaction) => {
      const query = <Row extends object>(text: string, parameters: (string | null)[]) =>
        transaction.unsafe<Row[]>(text, parameters, { prepare })
      await query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [alertLock(account)])
      const [time] = await query<{ at: Date }>(
        `select date_trunc('milliseconds', coalesce($1::timestamptz, clock_timestamp())) as at`,
        [fixedTime?.toISOString() ?? null],
      )
      const rows = await query<AlertRow>(
        `select ${ALERT_COLUMNS} from alerts where account_id = $1 and kind = any($2::text[])
         order by (resolved_at is null) desc, (kind = 'unpriced'), resolved_at desc limit ${ALERTS_READ_MAX}`,
        [account, KINDS],
      )
      if (!time) throw new Error('The time is one row.')
      const reviewed: ReviewedAccount = {
        now: time.at,
        forecast,
        batches,
        isLow: line.level > 0,
        alerts: rows.map(alertOfRow),
        expiries,
      }
      const plan = planReview(reviewed)
      await carryOut(plan, account, time.at, query)
      return plan
    }),
  )
}

type Query = (text: string, parameters: (string | null)[]) => postgres.PendingQuery<postgres.Row[]>

async function carryOut(
  { raise, change, resolve }: ReviewPlan,
  account: string,
  at: Date,
  query: Query,
): Promise<void> {
  for (const { kind, subject, detail } of raise) {
    await query(
      `insert into alerts (account_id, id, kind, detail, raised_at)
       values ($1, $2::uuid, $3, $4::text::jsonb, $5::timestamptz)`,
      [account, newId(), kind, JSON.stringify({ ...detail, subject }), at.toISOString()],
    )
  }
  for (const { id, detail } of change) {
    await query(
      `update alerts set version = version + 1, detail = detail || $3::text::jsonb
       where account_id = $1 and id = $2::uuid and resolved_at is null`,
      [account, id, JSON.stringify(detail)],
    )
  }
  for (const { id, detail } of resolve) {
    await query(
      `update alerts set version = version + 1, level = 0, detail = detail || $3::text::jsonb,
         resolved_at = greatest($4::timestamptz, raised_at)
       where account_id = $1 and id = $2::uuid and resolved_at is null`,
      [account, id, JSON.stringify(detail), at.toISOString()],
    )
  }
}
