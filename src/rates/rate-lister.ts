import type { Database } from '../../db/connect.ts'
import { CreditsError } from '../errors.ts'
import { describeRate, type StoredRate } from './rate-writer.ts'
import { type StoredState, withState } from './stored-state.ts'

export interface RatesQuery {
  provider?: string | undefined
  model?: string | undefined
  /** Also those that another has taken the place of. Default: false. */
  all?: boolean | undefined
}

export interface ListedRate extends StoredRate {
  state: StoredState
}

/** More than anybody reads; a filter finds the rest. */
const LISTED_MAX = 10_000

interface Row {
  provider: string
  model: string
  unit: string
  effective_from: Date
  pico_dollars: string | null
  per: number
  source: string
}

const RATES = `
  select provider, model, unit, effective_from, pico_dollars, per, source from rates
  where ($1::text is null or provider = $1) and ($2::text is null or model = $2)
  order by provider, model, unit, effective_from limit ${LISTED_MAX + 1}`

/** @throws CreditsError `invalid_page` where there are too many to list */
export async function listRates(database: Database, query: RatesQuery, now: Date): Promise<ListedRate[]> {
  const rows = await database.read((sql) =>
    sql.unsafe<Row[]>(RATES, [query.provider ?? null, query.model ?? null], { prepare: database.prepare }),
  )
  if (rows.length > LISTED_MAX) {
    throw new CreditsError('invalid_page', `More than ${LISTED_MAX} prices: name a provider or a model.`)
  }
  const rates = rows.map((row) =>
    describeRate({
      ...row,
      from: row.effective_from,
      picoDollars: row.pico_dollars === null ? null : BigInt(row.pico_dollars),
    }),
  )
  const listed = withState(rates, ({ provider, model, unit }) => JSON.stringify([provider, model, unit]), now)
  return query.all ? listed : listed.filter(({ state }) => state !== 'past')
}
