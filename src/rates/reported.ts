import { fraction } from './fraction.ts'
import type { Rates } from './rate-card.ts'

/** The unit of a cost that the provider has worked out itself. */
export const REPORTED_DOLLARS = 'dollars'

const PRICES: Rates['prices'] = new Map([
  [REPORTED_DOLLARS, { picoDollars: fraction(10n ** 12n), tiers: [] }],
])

/**
 * Prices for answers that state their cost in US dollars: one unit, `dollars`, which costs one. The usage is then
 * `{ dollars: fractionOfNumber(answer.costDollars.total, 'cost') }`.
 *
 * @param service what it is of, for messages, e.g. `search`
 */
export const reportedRates = (provider: string, service: string): Rates => ({
  provider,
  model: service,
  version: 'as-reported',
  prices: PRICES,
  contextWindow: undefined,
})
