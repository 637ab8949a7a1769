import type postgres from 'postgres'
import type { Database } from '../../db/connect.ts'
import { newId } from '../ids.ts'
import type { AlertLine, Batch, Forecast, ReviewReport } from '../types.ts'
import { ALERT_COLUMNS, alertOfRow, type AlertRow } from './alert-row.ts'
import { alertLock } from './raising.ts'
import { planReview, REVIEWED_KINDS, type ReviewedAccount, type ReviewPlan } from './review-rules.ts'

/** Accounts that are looked up at a time, and of them reviewed at once. */
const PAGE = 200
const AT_ONCE = 4

/** Resolved ones that a new one is compared with. */
const ALERTS_READ_MAX = 200

/**
 * Accounts whose credit expires, or was used lately, or that have something open that may be over. What expires later
 * than in 30 days is at risk of nothing yet.
 */
const CANDIDATES = `
  with clock as materialized (select coalesce($1::timestamptz, clock_timestamp()) as at)
  (select distinct b.account_id from batches b, clock
    where b.open and b.expires_at > clock.at and b.expires_at < clock.at + interval '30 days' and b.account_id > $2
    order by b.account_id limit ${PAGE})
  union
  (select distinct u.account_id from usage_buckets u, clock
    where u.starts_at > clock.at - interval '7 days' and u.account_id > $2
    order by u.account_id limit ${PAGE})
  union
  (select distinct a.account_id from alerts a
    where a.resolved_at is null and a.kind = any($3::text[]) and a.account_id > $2
    order by a.account_id limit ${PAGE})
  order by account_id limit ${PAGE}`

const KINDS = `{${REVIEWED_KINDS.join(',')}}`

/** What a review reads of an account. */
export interface ReviewedLedger {
  forecast(account: string): Promise<Forecast>
  batches(account: string): Promise<Batch[]>
  alertLine(account: string): Promise<AlertLine>
}

/** Opens, changes and resolves the alerts that come of forecasts, account by account. Any number may do it at once. */
export async function reviewAlerts(
  database: Database,
  ledger: ReviewedLedger,
  fixedTime: Date | null,
): Promise<ReviewReport> {
  const report = { accounts: 0, raised: 0, changed: 0, resolved: 0 }
  let after = ''
  for (;;) {
    const accounts = await candidates(database, after, fixedTime)
    for (let first = 0; first < accounts.length; first += AT_ONCE) {
      const plans = await Promise.all(
        accounts.slice(first, first + AT_ONCE).map((account) => review(database, ledger, account, fixedTime)),
      )
      for (const { raise, change, resolve } of plans) {
        report.accounts += 1
        report.raised += raise.length
        report.changed += change.length
        report.resolved += resolve.length
      }
    }
    const last = accounts.at(-1)
    if (last === undefined || accounts.length < PAGE) return report
    after = last
  }
}

async function candidates(database: Database, after: string, fixedTime: Date | null): Promise<string[]> {
  const rows = await database.read((sql) =>
    sql.unsafe<{ account_id: string }[]>(CANDIDATES, [fixedTime?.toISOString() ?? null, after, KINDS], {
      prepare: database.prepare,
    }),
  )
  return rows.map(({ account_id }) => account_id)
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
         order by (resolved_at is null) desc, resolved_at desc limit ${ALERTS_READ_MAX}`,
        [account, KINDS],
      )
      if (!time) throw new Error('The time is one row.')
      const reviewed: ReviewedAccount = {
        now: time.at,
        forecast,
        batches,
        isLow: line.level > 0,
        alerts: rows.map(alertOfRow),
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
