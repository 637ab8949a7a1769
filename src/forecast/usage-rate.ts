import type postgres from 'postgres'
import { DAY_MS } from './forecast.ts'

/** The rate is that of the last days: longer ago says less about tomorrow, a single day is a weekday or a Sunday. */
const WINDOW_DAYS = 7

/** Usage of less time than that is not a rate yet: one call a minute ago would be 1,440 a day. */
const SHORTEST_MS = 60 * 60 * 1000

/** What an account uses a day, and since when that is measured. */
export interface UsageRate {
  readonly microPerDay: bigint
  readonly since: Date
}

const RATE = `
  with clock as materialized (select coalesce($2::timestamptz, clock_timestamp()) as at),
  "window" as materialized (
    select date_bin('15 minutes', clock.at - interval '${WINDOW_DAYS} days', 'epoch') as since from clock)
  select clock.at, "window".since, coalesce(sum(u.amount), 0)::text as amount, min(u.starts_at) as first,
    exists (select from usage_buckets b, "window" w where b.account_id = $1 and b.starts_at < w.since) as is_older
  from clock cross join "window"
  left join usage_buckets u on u.account_id = $1 and u.starts_at >= "window".since
  group by clock.at, "window".since`

interface RateRow {
  at: Date
  since: Date
  amount: string
  first: Date | null
  is_older: boolean
}

export async function readUsageRate(
  sql: postgres.Sql,
  prepare: boolean,
  account: string,
  fixedTime: Date | null,
): Promise<UsageRate> {
  const [row] = await sql.unsafe<RateRow[]>(RATE, [account, fixedTime?.toISOString() ?? null], { prepare })
  if (!row) throw new Error('A rate is one row.')
  const now = row.at.getTime()
  const since = Math.min(sinceOf(row), now - SHORTEST_MS)
  const used = BigInt(row.amount)
  const elapsed = BigInt(now - since)
  // Rounded up: a forecast errs on the side of running out.
  const microPerDay = used > 0n ? (used * BigInt(DAY_MS) + elapsed - 1n) / elapsed : 0n
  return { microPerDay, since: new Date(since) }
}

/** An account that began to be used within the window has used what it used since then. */
const sinceOf = ({ at, since, first, is_older: isOlder }: RateRow): number =>
  isOlder ? since.getTime() : (first ?? at).getTime()
