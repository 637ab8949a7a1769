import { type Credits, micro } from './amount.ts'
import type { CreditLedger } from './credits.ts'
import { asCreditsError } from './database-error.ts'
import { HOLD_SECONDS, NO_BOUND } from './counters.ts'
import { CATEGORIES, type Category } from './types.ts'

/** What there is in all accounts together, for watching the whole. */
export interface LedgerTotals {
  openHolds: number
  held: Credits
  /** How long the oldest open hold has been open; 0 where none is. */
  oldestHoldSeconds: number
  openAlerts: { kind: string; level: number; count: number }[]
  /** Alerts with something new that nobody has queued for delivery yet. */
  alertsToDeliver: number
  /** Since midnight, UTC. */
  usageToday: { category: Category; charges: number; amount: Credits }[]
  /** Since the ledger began, as all processes have told by now. */
  refusals: { category: Category; code: string; count: number }[]
  /** Since the ledger began: how long holds were open that have ended. */
  holdTimes: HoldTimes[]
}

/** The hold times of a category. */
export interface HoldTimes {
  category: Category
  /** How many holds were open for at most this long (`0.1` … `900`, `+Inf` seconds), and longer than the one before. */
  buckets: [bound: string, count: number][]
  seconds: number
}

/** Watching must not become a load: what takes longer is given up. */
const TIMEOUT_MS = 2_000

const HOLDS = `
  select count(*)::int as open_holds, coalesce(sum(amount), 0)::bigint as held,
    coalesce(extract(epoch from clock_timestamp() - min(authorized_at)), 0)::float8 as oldest_seconds
  from holds`

const ALERTS = `
  select kind, level, count(*)::int as count from alerts where resolved_at is null group by kind, level`

const TO_DELIVER = 'select count(*)::int as count from alerts where taken_version < version'

// By usage_buckets_by_time, so over the rows of today only, whatever the history; not with a volatile clock.
const USAGE = `
  select category, sum(charges)::bigint as charges, sum(amount)::bigint as amount from usage_buckets
  where starts_at >= date_trunc('day', now() at time zone 'UTC') at time zone 'UTC'
  group by category`

const COUNTERS = 'select metric, category, label, value::float8 as value from counters'

interface CounterRow {
  metric: string
  category: Category
  label: string
  value: number
}

/**
 * @throws CreditsError `database_unavailable`, also where it takes longer than 2 s
 * @example const { openHolds, usageToday } = await readTotals(credits)
 */
export async function readTotals({ database }: CreditLedger): Promise<LedgerTotals> {
  try {
    return await database.read((sql) =>
      sql.begin('read only', async (transaction) => {
        await transaction.unsafe(`set local statement_timeout = ${TIMEOUT_MS}`)
        const query = <Row>(text: string) => transaction.unsafe<Row[]>(text)
        const [[holds], alerts, [toDeliver], usage, counters] = await Promise.all([
          query<{ open_holds: number; held: string; oldest_seconds: number }>(HOLDS),
          query<{ kind: string; level: number; count: number }>(ALERTS),
          query<{ count: number }>(TO_DELIVER),
          query<{ category: Category; charges: string; amount: string }>(USAGE),
          query<CounterRow>(COUNTERS),
        ])
        return {
          openHolds: holds?.open_holds ?? 0,
          held: micro(BigInt(holds?.held ?? 0)),
          oldestHoldSeconds: Math.max(0, holds?.oldest_seconds ?? 0),
          openAlerts: alerts.map(({ kind, level, count }) => ({ kind, level, count })),
          alertsToDeliver: toDeliver?.count ?? 0,
          usageToday: usage.map(({ category, charges, amount }) => ({
            category,
            charges: Number(charges),
            amount: micro(BigInt(amount)),
          })),
          refusals: counters
            .filter(({ metric }) => metric === 'refusals')
            .map(({ category, label, value }) => ({ category, code: label, count: value })),
          holdTimes: holdTimesOf(counters),
        }
      }),
    )
  } catch (error) {
    throw asCreditsError(error)
  }
}

function holdTimesOf(counters: readonly CounterRow[]): HoldTimes[] {
  return CATEGORIES.map((category) => {
    const own = counters.filter((row) => row.category === category)
    const valueOf = (metric: string, label: string) =>
      own.find((row) => row.metric === metric && row.label === label)?.value ?? 0
    const bounds = [...HOLD_SECONDS.map(String), NO_BOUND]
    return {
      category,
      buckets: bounds.map((bound) => [bound, valueOf('hold_seconds', bound)]),
      seconds: valueOf('hold_ms', '') / 1000,
    }
  })
}
