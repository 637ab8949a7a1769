import type { Fraction } from './fraction.ts'

/**
 * How much of what was used. The buckets are disjoint: `input_tokens` are the text tokens that came neither from
 * the cache nor from audio, `output_tokens` those of text and reasoning. Units are named as in
 * `@pydantic/genai-prices`. Seconds may be broken: `12.48`.
 *
 * Of Anthropic's cache writes, `cache_write_tokens` are those for 5 minutes (1.25 × the input's price) and
 * `cache_write_1h_tokens` those for an hour (2 ×): the catalogue has a price for each.
 */
export type Usage = Readonly<Record<string, bigint | Fraction>>

/** What one unit costs, in pico-dollars (1e-12 USD). */
export interface Price {
  readonly picoDollars: Fraction
  /** Dearer or cheaper prices, by ascending threshold. */
  readonly tiers: readonly PriceTier[]
}

/** The price of a unit, all of it, once the whole input is longer than `aboveInputTokens`. */
export interface PriceTier {
  readonly aboveInputTokens: bigint
  readonly picoDollars: Fraction
}

/** The prices of one model or service at one instant. */
export interface Rates {
  readonly provider: string
  /** The card's own name for it: two names of one model share their prices. */
  readonly model: string
  readonly version: string
  readonly prices: ReadonlyMap<string, Price>
  /** In tokens, where the card knows it. */
  readonly contextWindow: number | undefined
}

/** Where prices come from. */
export interface RateCard {
  /** What a receipt names as its source. */
  readonly version: string
  /** The prices of a model or service at an instant; undefined where the card has none. */
  find(provider: string, model: string, at: Date): Rates | undefined
  /** Whose prices hold at an address; undefined where the card does not know it. */
  providerAt?(url: URL): string | undefined
}

/**
 * What a unit costs as where it has no price of its own. Only where that is never too little: a cached token
 * without a published discount is a full one. Audio has no entry: it costs up to 16 times as much as text.
 */
const PRICED_AS: Readonly<Record<string, string>> = {
  cache_read_tokens: 'input_tokens',
  cache_write_tokens: 'input_tokens',
  cache_audio_read_tokens: 'input_audio_tokens',
  input_image_tokens: 'input_tokens',
  cache_image_read_tokens: 'input_image_tokens',
  output_reasoning_tokens: 'output_tokens',
  input_audio_seconds: 'audio_seconds',
}

/** What a unit costs as, where it has no price of its own. */
export const soldAs = (unit: string): string | undefined => PRICED_AS[unit]

/** The price of a unit, its own or the one it is sold as. */
export function priceOfUnit(rates: Rates, unit: string): Price | undefined {
  for (let name: string | undefined = unit; name !== undefined; name = PRICED_AS[name]) {
    const price = rates.prices.get(name)
    if (price) return price
  }
  return undefined
}

/** Whether a unit counts towards the input length that decides the tier. */
export const isInputToken = (unit: string): boolean => /^(input|cache)_.*tokens$/.test(unit)
