import type postgres from 'postgres'
import { micro } from './amount.ts'
import { CreditsError } from './errors.ts'
import { parseInstant } from './instant.ts'
import {
  type TopUsage,
  type TopUsageQuery,
  USAGE_DIMENSIONS,
  type UsageDimension,
  type UsageQuery,
  type UsageRow,
} from './types.ts'

const BUCKET_MS = 15 * 60 * 1000
/** More rows are no report any more; a narrower question is asked instead. */
const ROWS_MAX = 10_000

const TOP_DIMENSIONS = ['agent', 'user', 'model'] as const
const TOP_DEFAULT = 5
const TOP_MAX = 100

/** The part of SQL that each dimension is grouped by; `$4` is the time zone. */
const DIMENSIONS: Record<UsageDimension, string> = {
  category: 'category',
  model: `nullif(model, '')`,
  agent: `nullif(agent, '')`,
  user: `nullif(user_id, '')`,
  day: `to_char(starts_at at time zone $4::text, 'YYYY-MM-DD')`,
}

/** What it is kept in. */
const COLUMNS = { category: 'category', model: 'model', agent: 'agent', user: 'user_id' } as const

/**
 * Sums up an account's usage by the dimensions asked for, most used first; by day, in the days' order.
 *
 * @throws CreditsError `invalid_time`, `invalid_time_zone`, `invalid_usage_query`
 */
export async function readUsage(
  sql: postgres.Sql,
  prepare: boolean,
  account: string,
  query: UsageQuery,
  fixedTime: Date | null,
): Promise<UsageRow[]> {
  const { from, to, timeZone, by } = checkQuery(query)
  const columns = by.map((dimension) => `${DIMENSIONS[dimension]} as "${dimension}"`)
  const order = [
    ...(by.includes('day') ? ['"day"'] : []),
    'sum(amount) desc',
    ...by.map((name) => `"${name}"`),
  ]
  const buckets = `usage_buckets, clock
     where account_id = $1 and $4::text is not null
       and starts_at >= coalesce($2::timestamptz,
         date_bin('15 minutes', coalesce($3::timestamptz, clock.at) - interval '30 days', 'epoch'))
       and starts_at < coalesce($3::timestamptz, 'infinity')`
  // A day is worked out for each quarter of an hour, not for each bucket: that takes more than half of the time else.
  const kept = ['starts_at', ...by.filter((name) => name !== 'day').map((name) => COLUMNS[name])].join(', ')
  const source = by.includes('day')
    ? `(select ${kept}, sum(charges) as charges, sum(amount) as amount from ${buckets} group by ${kept}) as quarters`
    : buckets
  const rows = await sql.unsafe<(Record<string, unknown> & { charges: string; amount: string })[]>(
    `with clock as materialized (
       select coalesce($5::timestamptz, clock_timestamp()) as at)
     select ${[...columns, 'sum(charges)::text as charges', 'sum(amount)::text as amount'].join(', ')}
     from ${source}
     ${by.length > 0 ? `group by ${by.map((_name, index) => index + 1).join(', ')}` : 'having count(*) > 0'}
     order by ${order.join(', ')} limit ${ROWS_MAX + 1}`,
    [
      account,
      from?.toISOString() ?? null,
      to?.toISOString() ?? null,
      timeZone,
      fixedTime?.toISOString() ?? null,
    ],
    { prepare },
  )
  if (rows.length > ROWS_MAX) {
    throw new CreditsError(
      'invalid_usage_query',
      `This is more than ${ROWS_MAX} rows. Ask for less time or fewer dimensions.`,
    )
  }
  return rows.map(({ charges, amount, ...dimensions }) => ({
    ...dimensions,
    charges: Number(charges),
    amount: micro(BigInt(amount)),
  }))
}

/**
 * Who, or what, used most since a time, the largest first.
 *
 * @throws CreditsError `invalid_time`, `invalid_usage_query`, `invalid_page`
 */
export async function readTopUsage(
  sql: postgres.Sql,
  prepare: boolean,
  account: string,
  { from, to, by, limit = TOP_DEFAULT }: TopUsageQuery,
): Promise<TopUsage[]> {
  if (!TOP_DIMENSIONS.includes(by)) {
    throw new CreditsError('invalid_usage_query', `Give one of ${TOP_DIMENSIONS.join(', ')}.`)
  }
  if (!Number.isInteger(limit) || limit < 1 || limit > TOP_MAX) {
    throw new CreditsError('invalid_page', `Invalid limit: give a whole number from 1 to ${TOP_MAX}.`)
  }
  const since = onQuarter(parseInstant(from, 'from'), Math.floor)
  const until = to === undefined ? undefined : onQuarter(parseInstant(to, 'to'), Math.ceil)
  const rows = await sql.unsafe<{ name: string | null; charges: string; amount: string }[]>(
    `select ${DIMENSIONS[by]} as name, sum(charges)::text as charges, sum(amount)::text as amount
     from usage_buckets where account_id = $1 and starts_at >= $2::timestamptz
       and starts_at < coalesce($4::timestamptz, 'infinity')
     group by 1 order by sum(amount) desc, 1 limit $3::int`,
    [account, since.toISOString(), limit.toString(), until?.toISOString() ?? null],
    { prepare },
  )
  return rows.map(({ name, charges, amount }) => ({
    name,
    charges: Number(charges),
    amount: micro(BigInt(amount)),
  }))
}

function checkQuery(query: UsageQuery) {
  const from = query.from === undefined ? undefined : onQuarter(parseInstant(query.from, 'from'), Math.floor)
  const to = query.to === undefined ? undefined : onQuarter(parseInstant(query.to, 'to'), Math.ceil)
  if (from && to && from >= to) {
    throw new CreditsError('invalid_usage_query', 'Usage is asked from a time that is not before its end.')
  }
  const by = query.by ?? ['category']
  if (!isDimensions(by) || new Set(by).size !== by.length) {
    throw new CreditsError(
      'invalid_usage_query',
      `Usage is asked by ${JSON.stringify(String(by))}: give each of ${USAGE_DIMENSIONS.join(', ')} at most once.`,
    )
  }
  return { from, to, timeZone: checkTimeZone(query.timeZone ?? 'UTC'), by }
}

const isDimensions = (value: unknown): value is readonly UsageDimension[] =>
  Array.isArray(value) && value.every((each: UsageDimension) => USAGE_DIMENSIONS.includes(each))

const onQuarter = (instant: Date, round: (value: number) => number): Date =>
  new Date(round(instant.getTime() / BUCKET_MS) * BUCKET_MS)

/** An offset is refused: PostgreSQL reads the sign of `+05:30` the other way round. */
function checkTimeZone(timeZone: string): string {
  try {
    if (/^[A-Za-z]/.test(timeZone))
      return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
  throw new CreditsError(
    'invalid_time_zone',
    `Unknown time zone ${JSON.stringify(timeZone.slice(0, 40))}: give an IANA name such as Europe/Berlin.`,
  )
}
