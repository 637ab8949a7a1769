import { allPricing, type ModelPricing } from 'ai-sdk-cost-calculator'
import { findProvider } from '@pydantic/genai-prices'
import { describe, expect, it, test } from 'vitest'
import { formatFraction, type Fraction, fraction, multiply } from '../../src/rates/fraction.ts'
import { publishedRates } from '../../src/rates/published.ts'
import { SERVICE_PRICES } from '../../src/rates/services.ts'
import { KNOWN_UNITS } from '../../src/rates/units.ts'
import { costOf, openPricing, type Rates } from '../../src/rates.ts'
import { DIFFERENCES } from './catalogue-differences.ts'

/** Some prices depend on the date, and DeepSeek's on the hour. */
const NOW = new Date('2026-11-22T12:00:00Z')

/** Providers by their name there, and here. */
const PROVIDERS: Readonly<Record<string, string>> = {
  openai: 'openai',
  anthropic: 'anthropic',
  groq: 'groq',
  google: 'google',
  mistral: 'mistral',
  deepseek: 'deepseek',
  xai: 'x-ai',
  perplexity: 'perplexity',
  cohere: 'cohere',
  cerebras: 'cerebras',
}

/** Their prices for a million, and our units. */
const UNITS = {
  inputPer1MTokens: 'input_tokens',
  outputPer1MTokens: 'output_tokens',
  cacheReadPer1MTokens: 'cache_read_tokens',
  cacheWritePer1MTokens: 'cache_write_tokens',
  audioInputPer1MTokens: 'input_audio_tokens',
  audioOutputPer1MTokens: 'output_audio_tokens',
} as const satisfies { [Name in keyof ModelPricing]?: string }

/** Of an input beyond a threshold. The catalogues put it one token apart. */
const LONG_UNITS = {
  longContextInputPer1MTokens: 'input_tokens',
  longContextOutputPer1MTokens: 'output_tokens',
  longContextCacheReadPer1MTokens: 'cache_read_tokens',
} as const satisfies { [Name in keyof ModelPricing]?: string }

const namesOf = <T extends object>(units: T) => Object.keys(units) as (keyof T)[]

const perMillion = (pico: Fraction | undefined): string =>
  pico === undefined ? '-' : formatFraction(multiply(pico, fraction(1n, 1_000_000n)))

function compare(rates: Rates, theirs: ModelPricing): { equal: number; differing: string[] } {
  const differing: string[] = []
  let equal = 0
  const note = (name: string, ours: string, other: number) => {
    // A price of nothing and none at all are the same to them.
    if (ours === String(other) || (ours === '-' && other === 0)) equal++
    else differing.push(`${name} ${ours} ${other}`)
  }
  for (const name of namesOf(UNITS)) {
    const price = theirs[name]
    if (price !== undefined) note(UNITS[name], perMillion(rates.prices.get(UNITS[name])?.picoDollars), price)
  }
  for (const name of namesOf(LONG_UNITS)) {
    const price = theirs[name]
    const tier = rates.prices.get(LONG_UNITS[name])?.tiers.at(-1)
    if (price === undefined) continue
    note(`long ${LONG_UNITS[name]}`, perMillion(tier?.picoDollars), price)
    if (tier)
      expect(
        Math.abs(Number(tier.aboveInputTokens) - (theirs.longContextThreshold ?? 0)),
      ).toBeLessThanOrEqual(1)
  }
  return { equal, differing }
}

describe('beside a second public catalogue', () => {
  const found: Record<string, string[]> = {}
  let equal = 0
  for (const [theirName, provider] of Object.entries(PROVIDERS)) {
    for (const [model, theirs] of Object.entries(allPricing[theirName] ?? {})) {
      const rates = publishedRates.find(provider, model, NOW)
      if (!rates) continue
      const { equal: same, differing } = compare(rates, theirs)
      equal += same
      if (differing.length > 0) found[`${provider} ${model}`] = differing
    }
  }

  it('the prices are equal but for those that are explained, and no explanation is left over', () => {
    const explained = Object.fromEntries(
      DIFFERENCES.flatMap(({ provider, models, prices }) =>
        models.map((model) => [`${provider} ${model}`, [...prices]] as const),
      ),
    )
    expect(found).toEqual(explained)
  })

  it('most prices are known to both', () => {
    expect(equal).toBeGreaterThan(600)
    for (const { why } of DIFFERENCES) expect(why.length).toBeGreaterThan(20)
  })
})

describe('every published price', () => {
  const models = [
    ...new Set([...Object.values(PROVIDERS), 'azure', 'aws', 'openrouter', 'together', 'fireworks']),
  ].flatMap((provider) =>
    (findProvider({ providerId: provider })?.models ?? []).map(({ id }) => ({ provider, id })),
  )

  it('is a whole number of pico-dollars for the units that it is quoted for, and charged exactly', () => {
    let prices = 0
    for (const { provider, id } of models) {
      for (const [unit, price] of publishedRates.find(provider, id, NOW)?.prices ?? []) {
        for (const { picoDollars } of [price, ...price.tiers]) {
          prices++
          expect(KNOWN_UNITS).toContain(unit)
          const per = unit.endsWith('_seconds') ? 3600n : 1_000_000n
          const quoted = multiply(picoDollars, fraction(per))
          // OpenRouter quotes quotients, such as 0.08333333333333334: taken digit by digit.
          if (provider === 'openrouter') expect(formatFraction(quoted)).not.toContain('/')
          else expect(quoted.denominator, `${provider} ${id} ${unit}`).toBe(1n)
        }
        const rates = {
          provider,
          model: id,
          version: 'v',
          contextWindow: undefined,
          prices: new Map([[unit, price]]),
        }
        const { exactCost } = costOf({ [unit]: 3600n }, rates, openPricing())
        const dollars = multiply(price.picoDollars, fraction(3600n, 10n ** 12n))
        expect(exactCost).toBe(formatFraction(multiply(dollars, fraction(100n))))
      }
    }
    expect(prices).toBeGreaterThan(2500)
  })

  it('of a cache write for an hour is there wherever a model of Anthropic has one for five minutes: twice the input', () => {
    let checked = 0
    for (const { provider, id } of models) {
      if (provider !== 'anthropic') continue
      const prices = publishedRates.find(provider, id, NOW)?.prices
      if (!prices?.has('cache_write_tokens')) continue
      checked++
      const input = prices.get('input_tokens')
      const written = prices.get('cache_write_1h_tokens')
      expect(written?.picoDollars, id).toEqual(input && multiply(input.picoDollars, fraction(2n)))
    }
    expect(checked).toBeGreaterThan(15)
  })
})

test('each price of a service names its source and its day, and is found by its name', () => {
  const names = SERVICE_PRICES.map(({ provider, service }) => `${provider} ${service}`)
  expect(new Set(names).size).toBe(names.length)
  for (const { provider, service, unit, dollars, per, source, asOf } of SERVICE_PRICES) {
    expect(KNOWN_UNITS).toContain(unit)
    expect(source).toMatch(/^https:\/\/\S+( \(.+\))?$/)
    expect(asOf).toMatch(/^2026-\d\d(-\d\d)?$/)
    const rates = publishedRates.find(provider, service, NOW)
    const { exactCost } = costOf({ [unit]: per }, rates as Rates, openPricing({ creditsPerDollar: '1' }))
    expect(exactCost, service).toBe(dollars)
  }
})
