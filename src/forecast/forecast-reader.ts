import type postgres from 'postgres'
import { micro } from '../amount.ts'
import { BATCH_COLUMNS, batchOfRow, type Row } from '../ledger/stored-rows.ts'
import type { Forecast } from '../types.ts'
import { DAY_MS, forecastCredit } from './forecast.ts'

/** The rate is that of the last days: longer ago says less about tomorrow, a single day is a weekday or a Sunday. */
const WINDOW_DAYS = 7

/** Usage of less time than that is not a rate yet: one call a minute ago would be 1,440 a day. */
const SHORTEST_MS = 60 * 60 * 1000

/** Beyond so many batches the last ones are left out: they are spent last. */
const BATCHES_MAX = 1_000

const RATE = `
  with clock as materialized (select coalesce($2::timestamptz, clock_timestamp()) as at),
  "window" as materialized (
    select date_bin('15 minutes', clock.at - interval '${WINDOW_DAYS} days', 'epoch') as since from clock)
  select clock.at, "window".since, coalesce(sum(u.amount), 0)::text as amount, min(u.starts_at) as first,
    exists (select from usage_buckets b, "window" w where b.account_id = $1 and b.starts_at < w.since) as is_older,
    coalesce((select debt from accounts where account_id = $1), 0)::text as debt
  from clock cross join "window"
  left join usage_buckets u on u.account_id = $1 and u.starts_at >= "window".since
  group by clock.at, "window".since`

interface RateRow {
  at: Date
  since: Date
  amount: string
  first: Date | null
  is_older: boolean
  debt: string
}

/** How long an account's credit lasts at its recent rate. */
export async function readForecast(
  sql: postgres.Sql,
  prepare: boolean,
  account: string,
  fixedTime: Date | null,
): Promise<Forecast> {
  const [rates, rows] = await Promise.all([
    sql.unsafe<RateRow[]>(RATE, [account, fixedTime?.toISOString() ?? null], { prepare }),
    sql.unsafe<Row[]>(
      `select ${BATCH_COLUMNS} from batches where account_id = $1 and open
       order by (type = 'paid'), expires_at asc nulls last, added_at, id limit ${BATCHES_MAX}`,
      [account],
      { prepare },
    ),
  ])
  const [rate] = rates
  if (!rate) throw new Error('A rate is one row.')
  const now = rate.at.getTime()
  const since = Math.min(sinceOf(rate), now - SHORTEST_MS)
  const used = BigInt(rate.amount)
  const elapsed = BigInt(now - since)
  // Rounded up: a forecast errs on the side of running out.
  const perDay = used > 0n ? (used * BigInt(DAY_MS) + elapsed - 1n) / elapsed : 0n
  const batches = BigInt(rate.debt) > 0n ? [] : rows.map(batchOfRow)
  const { runsOutAt, lapses } = forecastCredit(batches, perDay, now)
  return {
    perDay: micro(perDay),
    since: new Date(since),
    runsOutAt: runsOutAt === null ? null : new Date(runsOutAt),
    daysLeft: runsOutAt === null ? null : (runsOutAt - now) / DAY_MS,
    lapses: lapses.map(({ batch, amount, at }) => ({
      batchId: batch.id,
      type: batch.type,
      amount: micro(amount),
      at: new Date(at),
    })),
  }
}

/** An account that began to be used within the window has used what it used since then. */
const sinceOf = ({ at, since, first, is_older: isOlder }: RateRow): number =>
  isOlder ? since.getTime() : (first ?? at).getTime()
