import type postgres from 'postgres'
import type { Database } from '../../db/connect.ts'
import { CreditsError } from '../errors.ts'
import { formatFraction, fraction, multiply } from './fraction.ts'
import { RATES_MAX } from './price-reader.ts'
import { priceOfUnit, type RateCard } from './rate-card.ts'
import type { CheckedRate } from './rate-input.ts'
import { problemsFound, type RateProblem } from './rate-problems.ts'
import { checkSize, writeLocked } from './write-lock.ts'

/** A stored price, as people read it. */
export interface StoredRate {
  provider: string
  model: string
  unit: string
  /** US dollars for `per` units: a decimal string, exact; null: the published price. */
  dollars: string | null
  per: number
  from: Date
  source: string
}

/** What became of a price that was set: `unchanged` was there already. */
export interface WrittenRate extends StoredRate {
  outcome: 'added' | 'changed' | 'unchanged'
}

/** A price that was set, and what it takes the place of. */
export interface SetRate extends WrittenRate {
  /** What the unit cost at that time otherwise, in US dollars for `per`; null where it had no price. */
  before: string | null
}

interface Row {
  index: number
  is_stored: boolean
  stored_pico_dollars: string | null
  stored_per: number | null
  stored_source: string | null
}

const COLUMNS = `index integer, provider text, model text, unit text, effective_from timestamptz,
  pico_dollars bigint, per integer, source text`

const STORED = `
  select w.index, r.provider is not null as is_stored,
    r.pico_dollars as stored_pico_dollars, r.per as stored_per, r.source as stored_source
  from json_to_recordset($1::text::json) as w (${COLUMNS})
  left join rates r on r.provider = w.provider and r.model = w.model and r.unit = w.unit
    and r.effective_from = w.effective_from
  order by w.index`

const WRITE = `
  insert into rates (provider, model, unit, effective_from, pico_dollars, per, source, set_at)
  select provider, model, unit, effective_from, pico_dollars, per, source, clock_timestamp()
  from json_to_recordset($1::text::json) as w (${COLUMNS})
  on conflict (provider, model, unit, effective_from) do update
    set pico_dollars = excluded.pico_dollars, per = excluded.per, source = excluded.source, set_at = excluded.set_at`

export interface WriteOptions {
  /** A test's time. */
  readonly fixedTime: Date | null
  /** Checks all and writes nothing. */
  readonly dryRun: boolean
  /** Which line each price is from, for errors. */
  readonly lines?: readonly number[] | undefined
}

/**
 * Stores prices, all or none. One that is there already stays; one whose date is still to come may be changed; for a
 * time that is past none is set, because calls have been charged for it, and their receipts name the date.
 *
 * @throws CreditsError `invalid_rate`, with `data.problems`
 */
export function writeRates(
  database: Database,
  rates: readonly CheckedRate[],
  { fixedTime, dryRun, lines }: WriteOptions,
): Promise<WrittenRate[]> {
  return writeLocked(database, 'rates', fixedTime, async (sql, now) => {
    const dated = rates.map((rate) => ({ ...rate, from: rate.from ?? now }))
    const set = await decide(sql, dated, now, lines)
    if (dryRun) return set
    await sql.unsafe(WRITE, [toJson(dated.filter((_, index) => set[index]?.outcome !== 'unchanged'))])
    await checkSize(sql, 'rates', RATES_MAX, tooMany)
    return set
  })
}

type DatedRate = CheckedRate & { readonly from: Date }

async function decide(
  sql: postgres.TransactionSql,
  rates: readonly DatedRate[],
  now: Date,
  lines: readonly number[] | undefined,
): Promise<WrittenRate[]> {
  const rows = await sql.unsafe<Row[]>(STORED, [toJson(rates)])
  const problems: RateProblem[] = []
  const set = rates.map((rate, index): WrittenRate => {
    const stored = rows[index]
    const outcome = outcomeOf(rate, stored)
    if (outcome !== 'unchanged' && rate.from < now) {
      problems.push({ line: lines?.[index] ?? index + 1, problem: past(rate, outcome === 'changed') })
    }
    return { ...describeRate(rate), outcome }
  })
  if (problems.length > 0) throw problemsFound(problems, rates.length)
  return set
}

function outcomeOf(rate: DatedRate, stored: Row | undefined): WrittenRate['outcome'] {
  if (!stored?.is_stored) return 'added'
  const same =
    stored.stored_pico_dollars === (rate.picoDollars?.toString() ?? null) &&
    stored.stored_per === rate.per &&
    stored.stored_source === rate.source
  return same ? 'unchanged' : 'changed'
}

const past = ({ from }: DatedRate, stored: boolean): string =>
  `${from.toISOString()} is past, and calls have been charged for it` +
  `${stored ? ' at the price that was set for it' : ''}: leave the time out for now, or give a later one.`

/** A rate as people read it. */
export const describeRate = (rate: DatedRate): StoredRate => ({
  provider: rate.provider,
  model: rate.model,
  unit: rate.unit,
  dollars: rate.picoDollars === null ? null : formatFraction(fraction(rate.picoDollars, 10n ** 12n)),
  per: rate.per,
  from: rate.from,
  source: rate.source,
})

/** What a price takes the place of, in US dollars for as many units; null where there is none. */
export function priceBefore({ provider, model, unit, per, from }: StoredRate, card: RateCard): string | null {
  const rates = card.find(provider, model, from)
  const price = rates && priceOfUnit(rates, unit)
  return price ? formatFraction(multiply(price.picoDollars, fraction(BigInt(per), 10n ** 12n))) : null
}

/** One parameter for any number of rows; a bigint is no JSON. */
const toJson = (rates: readonly DatedRate[]): string =>
  JSON.stringify(
    rates.map((rate, index) => ({
      index,
      provider: rate.provider,
      model: rate.model,
      unit: rate.unit,
      effective_from: rate.from.toISOString(),
      pico_dollars: rate.picoDollars?.toString() ?? null,
      per: rate.per,
      source: rate.source,
    })),
  )

const tooMany = () =>
  new CreditsError('invalid_rate', `There would be more than ${RATES_MAX} prices. Remove those long past.`)
