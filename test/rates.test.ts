import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { calcPrice, findProvider } from '@pydantic/genai-prices'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { disjointBuckets } from '../middleware/providers/openai/usage.ts'
import {
  ceiling,
  formatFraction,
  fraction,
  fractionOfNumber,
  multiply,
  parseFraction,
} from '../src/rates/fraction.ts'
import { publishedRates } from '../src/rates/published.ts'
import { costOf, openPricing, type Rates, type Usage } from '../src/rates.ts'
import { SERVICE_PRICES } from '../src/rates/services.ts'
import { propertySettings } from './support/property.ts'

const NOW = new Date('2026-11-22T12:00:00Z')

function ratesOf(model: string, provider = 'openai', at = NOW): Rates {
  const rates = publishedRates.find(provider, model, at)
  if (!rates) throw new Error(`No rates for ${model}.`)
  return rates
}

const count = fc.bigInt({ min: 0n, max: 10n ** 9n })
/** A decimal string with up to six places. */
const decimal = fc
  .tuple(fc.bigInt({ min: 1n, max: 10n ** 9n }), fc.integer({ min: 0, max: 6 }))
  .map(([digits, places]) => formatFraction(fraction(digits, 10n ** BigInt(places))))

/** Rates with these prices in pico-dollars. */
const ratesAt = (prices: Record<string, bigint>): Rates => ({
  provider: 'p',
  model: 'm',
  version: 'v',
  contextWindow: undefined,
  prices: new Map(
    Object.entries(prices).map(([unit, pico]) => [unit, { picoDollars: fraction(pico), tiers: [] }] as const),
  ),
})

test('a cost is exact, and rounded up once', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ quantity: count, pico: count }), { minLength: 1, maxLength: 6 }),
      decimal,
      decimal,
      (parts, creditsPerDollar, markup) => {
        const rates = ratesAt(Object.fromEntries(parts.map(({ pico }, i) => [`u${i}`, pico])))
        const usage: Usage = Object.fromEntries(parts.map(({ quantity }, i) => [`u${i}`, quantity]))
        const cost = costOf(usage, rates, openPricing({ creditsPerDollar, markup }))
        // The same in whole numbers: both decimals have at most six places, and a pico-dollar twelve.
        const scale = (text: string) =>
          BigInt(text.replace('.', '').padEnd(text.replace('.', '').length + 6 - placesOf(text), '0'))
        const pico = parts.reduce((sum, part) => sum + part.quantity * part.pico, 0n)
        const numerator = pico * scale(creditsPerDollar) * scale(markup) * 1_000_000n
        const denominator = 10n ** 24n
        expect(cost.amount).toBe((numerator + denominator - 1n) / denominator)
        expect(multiply(parseLong(cost.exactCost), fraction(1_000_000n))).toEqual(
          fraction(numerator, denominator),
        )
      },
    ),
    propertySettings({ numRuns: 300 }),
  )
})

test('the order of the buckets and their split do not matter', () => {
  fc.assert(
    fc.property(count, count, count, (a, b, c) => {
      const rates = ratesOf('gpt-4.1-mini')
      const pricing = openPricing({ markup: '1.07' })
      const forwards = costOf({ input_tokens: a, cache_read_tokens: b, output_tokens: c }, rates, pricing)
      const backwards = costOf({ output_tokens: c, cache_read_tokens: b, input_tokens: a }, rates, pricing)
      expect(backwards.amount).toBe(forwards.amount)
      const lower = costOf({ input_tokens: a, output_tokens: c }, rates, pricing)
      expect(forwards.amount).toBeGreaterThanOrEqual(lower.amount)
    }),
    propertySettings({ numRuns: 100 }),
  )
})

test('the parts of a receipt make its exact cost', () => {
  const cost = costOf(
    { input_tokens: 1200n, cache_read_tokens: 1024n, output_tokens: 88n, input_audio_tokens: 0n },
    ratesOf('gpt-5-mini'),
    openPricing({ markup: '1.3' }),
  )
  expect(cost).toEqual({
    amount: 65_208n,
    units: { input_tokens: '1200', cache_read_tokens: '1024', output_tokens: '88' },
    prices: { input_tokens: '0.0000325', cache_read_tokens: '0.00000325', output_tokens: '0.00026' },
    exactCost: '0.065208',
    provider: 'openai',
    rateVersion: publishedRates.version,
  })
})

test('buckets of tokens are disjoint and leave nothing out', () => {
  const counts = fc.record({
    input: count,
    cacheRead: count,
    cacheWrite: count,
    inputAudio: count,
    inputImage: count,
    output: count,
    outputAudio: count,
  })
  fc.assert(
    fc.property(counts, (given) => {
      const buckets = disjointBuckets(given) as Record<string, bigint>
      const sum = (direction: RegExp) =>
        Object.entries(buckets).reduce(
          (total, [unit, value]) => (direction.test(unit) ? total + value : total),
          0n,
        )
      expect(sum(/^(input|cache)/)).toBe(given.input)
      expect(sum(/^output/)).toBe(given.output)
      for (const value of Object.values(buckets)) expect(value).toBeGreaterThanOrEqual(0n)
    }),
    propertySettings({ numRuns: 300 }),
  )
})

test('consistent counts keep their meaning', () => {
  expect(
    disjointBuckets({
      input: 1000n,
      cacheRead: 600n,
      cacheWrite: 100n,
      inputAudio: 50n,
      inputImage: 20n,
      output: 90n,
      outputAudio: 30n,
    }),
  ).toEqual({
    input_tokens: 230n,
    input_audio_tokens: 50n,
    input_image_tokens: 20n,
    cache_read_tokens: 600n,
    cache_audio_read_tokens: 0n,
    cache_write_tokens: 100n,
    output_tokens: 60n,
    output_audio_tokens: 30n,
  })
})

test('a long prompt is billed at the price of its tier, all of it', () => {
  const rates = ratesOf('gpt-5.4')
  const price = (input: bigint) =>
    costOf({ input_tokens: input, output_tokens: 1n }, rates, openPricing()).prices
  expect(price(271_999n)).toEqual({ input_tokens: '0.00025', output_tokens: '0.0015' })
  expect(price(272_000n)).toEqual({ input_tokens: '0.0005', output_tokens: '0.00225' })
  // Cached tokens are part of the prompt's length.
  const cached = costOf({ input_tokens: 1n, cache_read_tokens: 271_999n }, rates, openPricing())
  expect(cached.prices).toEqual({ input_tokens: '0.0005', cache_read_tokens: '0.00005' })
})

test('a price holds from its date on', () => {
  const before = ratesOf('o3', 'openai', new Date('2025-06-09T23:59:59Z'))
  const after = ratesOf('o3', 'openai', new Date('2025-06-10T00:00:00Z'))
  expect(costOf({ input_tokens: 1_000_000n }, before, openPricing()).exactCost).toBe('1000')
  expect(costOf({ input_tokens: 1_000_000n }, after, openPricing()).exactCost).toBe('200')
})

test('what has no price is refused, and never free', () => {
  const mini = ratesOf('gpt-4.1-mini')
  for (const usage of [
    { input_audio_tokens: 1n },
    { output_audio_tokens: 1n },
    { audio_seconds: 1n },
    { nonsense: 1n },
  ]) {
    expect(() => costOf(usage, mini, openPricing())).toThrow(
      expect.objectContaining({ code: 'unknown_price' }) as Error,
    )
  }
  // None of it needs no price.
  expect(costOf({ input_audio_tokens: 0n, input_tokens: 1n }, mini, openPricing()).amount).toBe(40n)
  expect(publishedRates.find('openai', 'nobody-1', NOW)).toBeUndefined()
  expect(publishedRates.find('nobody', 'gpt-5', NOW)).toBeUndefined()
})

test('a unit without a discount of its own costs the full price', () => {
  const pro = ratesOf('gpt-5-pro')
  const { prices } = costOf({ input_tokens: 1n, cache_read_tokens: 1n }, pro, openPricing())
  expect(prices['cache_read_tokens']).toBe(prices['input_tokens'])
})

test('a price per request is counted where the usage does not', () => {
  const rates = ratesAt({ requests: 5_000_000_000n, input_tokens: 0n })
  expect(costOf({ input_tokens: 1n }, rates, openPricing()).exactCost).toBe('0.5')
  expect(costOf({ input_tokens: 1n, requests: 2n }, rates, openPricing()).exactCost).toBe('1')
})

test('time is billed by broken seconds', () => {
  const second = costOf(
    { input_audio_seconds: fractionOfNumber(6.22, 's') },
    ratesOf('whisper-1'),
    openPricing(),
  )
  expect(second).toMatchObject({ amount: 62_200n, units: { input_audio_seconds: '6.22' } })
  // $0.111 an hour has no end as a price of a second.
  const groq = costOf({ input_audio_seconds: 1n }, ratesOf('whisper-large-v3', 'groq'), openPricing())
  expect(groq).toMatchObject({ exactCost: '37/12000', amount: 3084n })
})

/** Providers whose prices are wanted; each is checked as a whole. */
const PROVIDERS = [
  'openai',
  'azure',
  'anthropic',
  'groq',
  'google',
  'mistral',
  'openrouter',
  'deepseek',
  'x-ai',
  'cohere',
]

test('every published model is converted, and costs what the catalogue says', () => {
  const usage = { input_tokens: 12_345, output_tokens: 678 }
  let models = 0
  for (const id of PROVIDERS) {
    for (const model of findProvider({ providerId: id })?.models ?? []) {
      const rates = publishedRates.find(id, model.id, NOW)
      // Some are listed under names that they are not matched by.
      if (!rates?.prices.has('input_tokens') || !rates.prices.has('output_tokens')) continue
      const published =
        calcPrice(usage, model.id, { providerId: id, timestamp: NOW })?.total_price ?? Number.NaN
      const { exactCost } = costOf(
        { input_tokens: 12_345n, output_tokens: 678n },
        rates,
        openPricing({ creditsPerDollar: '1' }),
      )
      expect(Number(exactCost), `${id} ${model.id}`).toBeCloseTo(published, 9)
      models++
    }
  }
  expect(models).toBeGreaterThan(500)
})

test('the rate version names the catalogue that is installed and the date of our table', () => {
  const path = findPackageJSON('@pydantic/genai-prices', import.meta.url) ?? ''
  const { version } = JSON.parse(readFileSync(path, 'utf8')) as { version: string }
  expect(publishedRates.version).toBe(`genai-prices@${version}+2026-11-22`)
})

test('searches and speech have prices, each with its source', () => {
  expect(SERVICE_PRICES.length).toBeGreaterThan(0)
  for (const { provider, service, unit, source } of SERVICE_PRICES) {
    expect(source).toMatch(/^https:\/\//)
    expect(costOf({ [unit]: 1n }, ratesOf(service, provider), openPricing()).amount).toBeGreaterThan(0n)
  }
  expect(costOf({ credits: 2n }, ratesOf('search', 'tavily'), openPricing()).exactCost).toBe('1.6')
  expect(costOf({ web_searches: 1n }, ratesOf('web_search'), openPricing()).exactCost).toBe('1')
})

test('whose prices hold is known by the address', () => {
  const at = (url: string) => publishedRates.providerAt?.(new URL(url))
  expect(at('https://api.openai.com/v1/chat/completions')).toBe('openai')
  expect(at('https://api.groq.com/openai/v1/chat/completions')).toBe('groq')
  expect(at('http://127.0.0.1:4000/v1')).toBeUndefined()
})

test('a decimal is read exactly, and a fraction written so', () => {
  fc.assert(
    fc.property(decimal, (text) => {
      const value = parseFraction(text, 'x')
      expect(parseFraction(formatFraction(value), 'x')).toEqual(value)
    }),
    propertySettings({ numRuns: 200 }),
  )
  expect(fractionOfNumber(5e-7, 'x')).toEqual(fraction(1n, 2_000_000n))
  expect(fractionOfNumber(0.1 + 0.2, 'x')).toEqual(fraction(30000000000000004n, 10n ** 17n))
  expect(formatFraction(fraction(0n))).toBe('0')
  expect(formatFraction(fraction(-0n, 7n))).toBe('0')
  expect(ceiling(fraction(7n, 7n))).toBe(1n)
  expect(ceiling(fraction(8n, 7n))).toBe(2n)
  for (const bad of ['', '-1', '1.', '.5', '1,5', 'NaN', '1e999', '9'.repeat(100)]) {
    expect(() => parseFraction(bad, 'x'), bad).toThrow(
      expect.objectContaining({ code: 'invalid_setting' }) as Error,
    )
  }
})

/** Like `parseFraction`, of any length. */
function parseLong(text: string) {
  const [numerator = '', denominator] = text.split('/')
  if (denominator !== undefined) return fraction(BigInt(numerator), BigInt(denominator))
  return fraction(BigInt(numerator.replace('.', '')), 10n ** BigInt(placesOf(numerator)))
}

function placesOf(text: string): number {
  return text.split('.')[1]?.length ?? 0
}
