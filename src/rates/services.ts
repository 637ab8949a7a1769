import { fraction, multiply, parseFraction } from './fraction.ts'
import type { Rates } from './rate-card.ts'

/** When the prices below were last compared with their sources. Part of the rate version. */
export const SERVICES_CHECKED = '2026-11-22'

interface ServicePrice {
  readonly provider: string
  readonly service: string
  readonly unit: string
  /** US dollars for `per` units. */
  readonly dollars: string
  readonly per: bigint
  readonly source: string
}

/** Pay-as-you-go prices of searches and speech that the model catalogue does not have. */
export const SERVICE_PRICES: readonly ServicePrice[] = [
  {
    provider: 'openai',
    service: 'web_search',
    unit: 'web_searches',
    dollars: '10',
    per: 1000n,
    source: 'https://developers.openai.com/api/docs/pricing (Web search, all models)',
  },
  {
    // What the search found is not billed as input then; OpenAI leaves those tokens out of the usage.
    provider: 'openai',
    service: 'web_search_preview',
    unit: 'web_searches',
    dollars: '25',
    per: 1000n,
    source: 'https://developers.openai.com/api/docs/pricing (Web search preview, non-reasoning models)',
  },
  {
    provider: 'tavily',
    service: 'search',
    unit: 'credits',
    dollars: '0.008',
    per: 1n,
    source: 'https://docs.tavily.com/documentation/api-credits (pay as you go)',
  },
]

/** A service's prices; undefined where the table has none. The rate card adds its version. */
export function findService(provider: string, service: string): Omit<Rates, 'version'> | undefined {
  const entry = SERVICE_PRICES.find((price) => price.provider === provider && price.service === service)
  if (!entry) return undefined
  const dollars = multiply(parseFraction(entry.dollars, 'price'), fraction(1n, entry.per))
  const picoDollars = multiply(dollars, fraction(10n ** 12n))
  return {
    provider,
    model: service,
    prices: new Map([[entry.unit, { picoDollars, tiers: [] }]]),
    contextWindow: undefined,
  }
}
