import { expect, test } from 'vitest'
import { formatFraction, fraction } from '../../src/rates/fraction.ts'
import { OverriddenCard, type RateOverride } from '../../src/rates/overrides.ts'
import { publishedRates } from '../../src/rates/published.ts'
import { costOf, openPricing, type Rates, type Usage } from '../../src/rates.ts'

const NOW = new Date('2026-11-22T12:00:00Z')
const EARLIER = new Date('2026-11-01T00:00:00Z')
const LATER = new Date('2026-12-01T00:00:00Z')

/** An override at a price in pico-dollars a unit. */
const override = (
  model: string,
  unit: string,
  pico: bigint,
  effectiveFrom = EARLIER,
  provider = 'openai',
): RateOverride => ({
  provider,
  model,
  unit,
  effectiveFrom,
  price: { picoDollars: fraction(pico), tiers: [] },
})

function find(overrides: RateOverride[], model: string, at = NOW, provider = 'openai'): Rates {
  const rates = new OverriddenCard(publishedRates, overrides).find(provider, model, at)
  if (!rates) throw new Error(`No rates for ${model}.`)
  return rates
}

/** In credits at a credit for a pico-dollar. */
const priceOf = (rates: Rates, unit: string): string | undefined => {
  const price = rates.prices.get(unit)
  return price && formatFraction(price.picoDollars)
}

const cost = (usage: Usage, rates: Rates) => costOf(usage, rates, openPricing()).exactCost

test('an override takes the place of one unit, and leaves the others', () => {
  const rates = find([override('gpt-4.1-mini', 'input_tokens', 1_000_000n)], 'gpt-4.1-mini')
  expect(priceOf(rates, 'input_tokens')).toBe('1000000')
  expect(priceOf(rates, 'output_tokens')).toBe('1600000')
  expect(rates.version).toBe(`${publishedRates.version}+overrides@2026-11-01T00:00:00.000Z`)
  expect(rates).toMatchObject({ provider: 'openai', model: 'gpt-4.1-mini', contextWindow: 1_000_000 })
  // Another model is as published.
  const card = new OverriddenCard(publishedRates, [override('gpt-4.1-mini', 'input_tokens', 1n)])
  expect(card.find('openai', 'gpt-4.1', NOW)).toEqual(publishedRates.find('openai', 'gpt-4.1', NOW))
  expect(card.find('azure', 'gpt-4.1-mini', NOW)?.version).toBe(publishedRates.version)
})

test('it holds from its instant on, and the latest that has come wins', () => {
  const overrides = [
    override('gpt-4.1-mini', 'input_tokens', 1n, EARLIER),
    override('gpt-4.1-mini', 'input_tokens', 2n, NOW),
    override('gpt-4.1-mini', 'input_tokens', 3n, LATER),
  ]
  const inputAt = (at: Date) => priceOf(find(overrides, 'gpt-4.1-mini', at), 'input_tokens')
  expect(inputAt(new Date(EARLIER.getTime() - 1))).toBe('400000')
  expect(inputAt(EARLIER)).toBe('1')
  expect(inputAt(new Date(NOW.getTime() - 1))).toBe('1')
  expect(inputAt(NOW)).toBe('2')
  expect(inputAt(LATER)).toBe('3')
})

test('the version names the latest date among the units that hold', () => {
  const overrides = [
    override('gpt-4.1-mini', 'output_tokens', 1n, EARLIER),
    override('gpt-4.1-mini', 'input_tokens', 1n, NOW),
    override('gpt-4.1-mini', 'cache_read_tokens', 1n, LATER),
  ]
  expect(find(overrides, 'gpt-4.1-mini').version).toMatch(/\+overrides@2026-11-22T12:00:00\.000Z$/)
})

test('the name that the catalogue has for a model stands for all its names; the very name wins', () => {
  const overrides = [
    override('gpt-4.1-mini-2025-04-14', 'input_tokens', 7n, EARLIER),
    override('gpt-4.1-mini', 'input_tokens', 1n, NOW),
    override('gpt-4.1-mini', 'output_tokens', 2n, NOW),
  ]
  const dated = find(overrides, 'gpt-4.1-mini-2025-04-14')
  expect(dated.model).toBe('gpt-4.1-mini')
  expect(priceOf(dated, 'input_tokens')).toBe('7')
  expect(priceOf(dated, 'output_tokens')).toBe('2')
  expect(priceOf(find(overrides, 'gpt-4.1-mini'), 'input_tokens')).toBe('1')
})

test('a model that nobody published is priced by its overrides alone', () => {
  const overrides = [override('house-llm', 'input_tokens', 5n, EARLIER, 'house')]
  const rates = find(overrides, 'house-llm', NOW, 'house')
  expect(rates).toMatchObject({ model: 'house-llm', version: 'overrides@2026-11-01T00:00:00.000Z' })
  expect(cost({ input_tokens: 1_000_000n }, rates)).toBe('0.0005')
  expect(() => cost({ output_tokens: 1n }, rates)).toThrow(
    expect.objectContaining({ code: 'unknown_price' }) as Error,
  )
  const card = new OverriddenCard(publishedRates, overrides)
  expect(card.find('house', 'house-llm', new Date(0))).toBeUndefined()
})

test('a price that is set takes the place of the tiers too', () => {
  const rates = find([override('gpt-5.4', 'input_tokens', 1n)], 'gpt-5.4')
  expect(cost({ input_tokens: 1_000_000n }, rates)).toBe('0.0001')
  // The output keeps its tier for a long input.
  expect(cost({ input_tokens: 300_000n, output_tokens: 1n }, rates)).not.toBe(
    cost({ input_tokens: 300n, output_tokens: 1n }, rates),
  )
})

test('a unit that has two names at one price follows the price that is set for one', () => {
  // Calls of whisper-1 are counted in input_audio_seconds; both are published at one price.
  const rates = find([override('whisper-1', 'audio_seconds', 3n)], 'whisper-1')
  expect(cost({ input_audio_seconds: 2n }, rates)).toBe(cost({ audio_seconds: 2n }, rates))
  const both = [override('whisper-1', 'input_audio_seconds', 9n), override('whisper-1', 'audio_seconds', 3n)]
  expect(priceOf(find(both, 'whisper-1'), 'input_audio_seconds')).toBe('9')
  // A discount of its own is none that follows.
  const cached = find([override('gpt-4.1-mini', 'input_tokens', 3n)], 'gpt-4.1-mini')
  expect(priceOf(cached, 'cache_read_tokens')).toBe('100000')
})

test('the published price can be gone back to, from a date on', () => {
  const back: RateOverride = { ...override('gpt-4.1-mini', 'input_tokens', 0n, NOW), price: undefined }
  const overrides = [override('gpt-4.1-mini', 'input_tokens', 3n), back]
  expect(find(overrides, 'gpt-4.1-mini', EARLIER).prices.get('input_tokens')?.picoDollars).toEqual(
    fraction(3n),
  )
  expect(find(overrides, 'gpt-4.1-mini')).toEqual(publishedRates.find('openai', 'gpt-4.1-mini', NOW))
  // What is left of a change is told from what was there before it.
  const rest = [override('gpt-4.1-mini', 'output_tokens', 9n), ...overrides]
  expect(find(rest, 'gpt-4.1-mini', EARLIER).version).toMatch(/@2026-11-01T/)
  expect(find(rest, 'gpt-4.1-mini').version).toMatch(/@2026-11-22T/)
  const [one, two] = [
    override('house-llm', 'requests', 5n),
    { ...back, model: 'house-llm', unit: 'requests' },
  ]
  const card = new OverriddenCard(publishedRates, [one, two])
  expect(card.find('openai', 'house-llm', EARLIER)).toBeDefined()
  expect(card.find('openai', 'house-llm', NOW)).toBeUndefined()
})

test('a service can be overridden like a model', () => {
  const rates = find(
    [override('search', 'credits', 5_000_000_000n, EARLIER, 'tavily')],
    'search',
    NOW,
    'tavily',
  )
  expect(cost({ credits: 2n }, rates)).toBe('1')
})
