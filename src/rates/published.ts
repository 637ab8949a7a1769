import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { calcPrice, findProvider, type ModelPrice, type TieredPrices } from '@pydantic/genai-prices'
import { CreditsError } from '../errors.ts'
import { type Fraction, fraction, fractionOfNumber, multiply } from './fraction.ts'
import type { Price, RateCard, Rates } from './rate-card.ts'
import { findService, SERVICES_CHECKED } from './services.ts'

const PICO_DOLLARS = fraction(10n ** 12n)

/** How a price's name there ends, what its unit's name ends in, and how many units the price is for. */
const UNIT_SUFFIXES = [
  ['_mtok', '_tokens', 1_000_000n],
  ['_kcount', '', 1000n],
  ['_hours', '_seconds', 3600n],
  ['_mchars', '_characters', 1_000_000n],
  ['_kpages', '_pages', 1000n],
] as const

/** Each set of prices is converted once: the catalogue answers with the same object every time. */
const converted = new WeakMap<ModelPrice, ReadonlyMap<string, Price>>()

/** Providers by origin: finding one tries dozens of patterns. */
const providers = new Map<string, string | undefined>()
const MAX_ORIGINS = 1000

/**
 * What was found last for a model: looking one up takes up to 35 µs, and a call does it twice. For a minute, because
 * some prices change with the time of day.
 */
const found = new Map<string, { readonly minute: number; readonly rates: Rates | undefined }>()
const MAX_FOUND = 2000
const MAX_KEPT_NAME = 200
const MINUTE_MS = 60_000

let version: string | undefined

/** The models of `@pydantic/genai-prices`, and our dated table of search and speech services. */
export const publishedRates: RateCard = {
  get version() {
    return (version ??= `genai-prices@${installedVersion()}+${SERVICES_CHECKED}`)
  },
  find(provider, model, at) {
    const minute = Math.floor(at.getTime() / MINUTE_MS)
    const key = `${provider} ${model}`
    const known = found.get(key)
    if (known?.minute === minute) return known.rates
    const rates = findAmongPublished(provider, model, at)
    if (found.size >= MAX_FOUND) found.clear()
    // A name that nobody would give to a model is not kept: callers choose it, and it may be long.
    if (key.length <= MAX_KEPT_NAME) found.set(key, { minute, rates })
    return rates
  },
  providerAt({ origin }) {
    if (!providers.has(origin)) {
      if (providers.size >= MAX_ORIGINS) providers.clear()
      providers.set(origin, findProvider({ providerApiUrl: origin })?.id)
    }
    return providers.get(origin)
  },
}

function findAmongPublished(provider: string, model: string, at: Date): Rates | undefined {
  const service = findService(provider, model)
  if (service) return { ...service, version: publishedRates.version }
  const priced = calcPrice({}, model, { providerId: provider, timestamp: at })
  // The catalogue falls back on look-alike providers ('openai-proxy' is OpenAI there); a price for another
  // provider's model is no price.
  if (!priced || priced.provider.id !== provider) return undefined
  return {
    provider,
    model: priced.model.id,
    version: publishedRates.version,
    prices: pricesOf(priced.model_price),
    contextWindow: priced.model.context_window,
  } satisfies Rates
}

function pricesOf(published: ModelPrice): ReadonlyMap<string, Price> {
  const known = converted.get(published)
  if (known) return known
  const prices = new Map<string, Price>()
  for (const [name, price] of Object.entries(published)) {
    const suffix = UNIT_SUFFIXES.find(([ending]) => name.endsWith(ending))
    // A kind of unit that is not known here stays unpriced, so its use is refused and never free.
    if (!suffix || price === undefined) continue
    prices.set(name.slice(0, -suffix[0].length) + suffix[1], readPrice(name, price, suffix[2]))
  }
  converted.set(published, prices)
  return prices
}

function readPrice(name: string, price: number | TieredPrices, per: bigint): Price {
  const perUnit = (dollars: number): Fraction =>
    multiply(fractionOfNumber(dollars, name), multiply(PICO_DOLLARS, fraction(1n, per)))
  if (typeof price === 'number') return { picoDollars: perUnit(price), tiers: [] }
  return {
    picoDollars: perUnit(price.base),
    tiers: price.tiers
      .map((tier) => ({ aboveInputTokens: BigInt(tier.start), picoDollars: perUnit(tier.price) }))
      .toSorted((a, b) => (a.aboveInputTokens < b.aboveInputTokens ? -1 : 1)),
  }
}

/** The package names its version in its package.json only, and exports no path to it. */
function installedVersion(): string {
  const path = findPackageJSON('@pydantic/genai-prices', import.meta.url)
  if (path === undefined) {
    throw new CreditsError(
      'peer_missing',
      'The package @pydantic/genai-prices has no package.json to name its version.',
    )
  }
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version
}
