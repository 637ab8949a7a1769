import { fraction, multiply, parseFraction } from './fraction.ts'
import type { Rates } from './rate-card.ts'

/** When the prices below were last compared with their sources. Part of the rate version. */
export const SERVICES_CHECKED = '2026-11-22'

export interface ServicePrice {
  readonly provider: string
  /** Of a search, or a model of speech to text as its API names it. */
  readonly service: string
  readonly unit: string
  /** US dollars for `per` units. */
  readonly dollars: string
  readonly per: bigint
  /** Where the provider publishes it. */
  readonly source: string
  /** When the source said so: the day that it was read, by us or by whoever quotes it. */
  readonly asOf: string
}

/**
 * Pay-as-you-go prices of searches and speech that the model catalogue does not have. Exa has none here: its answers
 * state their cost (`reportedRates`). Anthropic's searches and Groq's transcriptions are in the catalogue.
 */
export const SERVICE_PRICES: readonly ServicePrice[] = [
  {
    provider: 'openai',
    service: 'web_search',
    unit: 'web_searches',
    dollars: '10',
    per: 1000n,
    source: 'https://developers.openai.com/api/docs/pricing (Web search, all models)',
    asOf: '2026-11-22',
  },
  {
    // What the search found is not billed as input then; OpenAI leaves those tokens out of the usage.
    provider: 'openai',
    service: 'web_search_preview',
    unit: 'web_searches',
    dollars: '25',
    per: 1000n,
    source: 'https://developers.openai.com/api/docs/pricing (Web search preview, non-reasoning models)',
    asOf: '2026-11-22',
  },
  {
    // A basic search or 5 basic extractions are a credit, advanced ones 2; answers state how many they took.
    provider: 'tavily',
    service: 'search',
    unit: 'credits',
    dollars: '0.008',
    per: 1n,
    source: 'https://docs.tavily.com/documentation/api-credits (pay as you go)',
    asOf: '2026-11-22',
  },
  {
    provider: 'brave',
    service: 'search',
    unit: 'requests',
    dollars: '5',
    per: 1000n,
    source: 'https://api-dashboard.search.brave.com/app/plans (Search)',
    asOf: '2026-11-22',
  },
  {
    // The smallest package; larger ones are down to $0.30 a thousand.
    provider: 'serper',
    service: 'search',
    unit: 'credits',
    dollars: '1',
    per: 1000n,
    source: 'https://serper.dev (Starter, 50,000 credits)',
    asOf: '2026-08-13',
  },
  ...speech('deepgram', 60n, 'https://deepgram.com/pricing (pre-recorded, pay as you go)', '2026-08-01', {
    'nova-3': '0.0077',
    // With `language=multi`.
    'nova-3-multilingual': '0.0092',
  }),
  ...speech('deepgram', 60n, 'https://deepgram.com/pricing (pre-recorded, pay as you go)', '2026-05-04', {
    'nova-2': '0.0043',
  }),
  // An option, paid for beside the transcription.
  ...speech('deepgram', 60n, 'https://deepgram.com/pricing (speaker diarization)', '2026-05-05', {
    diarize: '0.002',
  }),
  ...speech('assemblyai', 3600n, 'https://www.assemblyai.com/pricing (pre-recorded)', '2026-10-07', {
    'universal-3-5-pro': '0.21',
    'universal-2': '0.15',
  }),
  ...speech('assemblyai', 3600n, 'https://www.assemblyai.com/pricing (pre-recorded)', '2026-05-26', {
    'universal-3-pro': '0.21',
  }),
  ...speech('elevenlabs', 3600n, 'https://elevenlabs.io/pricing/api (Speech to Text)', '2026-06', {
    scribe_v1: '0.22',
    scribe_v2: '0.22',
  }),
]

/** Prices by the second, as all of these bill, quoted for a minute or an hour. */
function speech(
  provider: string,
  per: bigint,
  source: string,
  asOf: string,
  dollars: Readonly<Record<string, string>>,
): ServicePrice[] {
  return Object.entries(dollars).map(([service, price]) => ({
    provider,
    service,
    unit: 'audio_seconds',
    dollars: price,
    per,
    source,
    asOf,
  }))
}

const services = new Map(
  SERVICE_PRICES.map((price) => [keyOf(price.provider, price.service), ratesOf(price)]),
)

/** A service's prices; undefined where the table has none. The rate card adds its version. */
export const findService = (provider: string, service: string): Omit<Rates, 'version'> | undefined =>
  services.get(keyOf(provider, service))

function ratesOf({ provider, service, unit, dollars, per }: ServicePrice): Omit<Rates, 'version'> {
  const perUnit = multiply(parseFraction(dollars, 'price'), fraction(1n, per))
  const picoDollars = multiply(perUnit, fraction(10n ** 12n))
  return {
    provider,
    model: service,
    prices: new Map([[unit, { picoDollars, tiers: [] }]]),
    contextWindow: undefined,
  }
}

function keyOf(provider: string, service: string): string {
  return `${provider}/${service}`
}
