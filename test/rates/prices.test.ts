import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { CreditLedger } from '../../src/credits.ts'
import { formatFraction, fraction, multiply } from '../../src/rates/fraction.ts'
import { publishedRates } from '../../src/rates/published.ts'
import { costOf, type Rates } from '../../src/rates.ts'
import { digestTables, openTestLedger, refusalOf, type TestLedger } from '../support/ledger.ts'

const HOUR_MS = 3_600_000
const INPUT = { provider: 'openai', unit: 'input_tokens', per: 1_000_000, source: 'contract' }

let bench: TestLedger
let ledger: CreditLedger

beforeAll(async () => {
  bench = await openTestLedger()
  ledger = bench.ledger
  await ledger.prices.ready()
})

afterAll(() => bench.close())

function ratesOf(model: string, from = ledger, provider = 'openai'): Rates {
  const rates = from.prices.card.find(provider, model, from.prices.now())
  if (!rates) throw new Error(`No rates for ${model}.`)
  return rates
}

/** What a million input tokens of a model cost, in dollars. */
const dollarsOf = (model: string, from = ledger): string | undefined => {
  const price = ratesOf(model, from).prices.get('input_tokens')
  return price && formatFraction(multiply(price.picoDollars, fraction(1n, 1_000_000n)))
}

const later = (hours: number): Date => new Date(bench.clock.now().getTime() + hours * HOUR_MS)

test('a price that is set holds at once, and is named by its date in what it prices', async () => {
  expect(dollarsOf('gpt-4.1')).toBe('2')
  const set = await ledger.prices.setRates([{ ...INPUT, model: 'gpt-4.1', dollars: '2.2' }])
  const from = bench.clock.now()
  expect(set).toEqual([{ ...INPUT, model: 'gpt-4.1', dollars: '2.2', from, outcome: 'added', before: '2' }])
  expect(dollarsOf('gpt-4.1')).toBe('2.2')
  const { rateVersion } = costOf({ input_tokens: 1n }, ratesOf('gpt-4.1'), ledger.prices.pricingOf('acme'))
  expect(rateVersion).toBe(`${publishedRates.version}+overrides@${from.toISOString()}`)
})

test('another process reads it when it first needs prices, and a running one within 30 s', async () => {
  const other = await bench.openAnother()
  await other.prices.ready()
  expect(dollarsOf('o3', other)).toBe('2')
  await ledger.prices.setRates([{ ...INPUT, model: 'o3', dollars: '1.5' }])
  expect(dollarsOf('o3', other)).toBe('2')

  const late = await bench.openAnother()
  await late.prices.ready()
  expect(dollarsOf('o3', late)).toBe('1.5')

  const startedAt = performance.now()
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => startedAt + 31_000)
  try {
    // The call that finds them old does not wait for them.
    expect(dollarsOf('o3', other)).toBe('2')
    await expect.poll(() => dollarsOf('o3', other), { interval: 2 }).toBe('1.5')
  } finally {
    clock.mockRestore()
  }
})

test('a later price comes into force by itself', async () => {
  const model = 'gpt-4.1-nano'
  await ledger.prices.setRates([
    { ...INPUT, model, dollars: '5', from: later(1) },
    { ...INPUT, model, dollars: '6', from: later(2) },
  ])
  expect(dollarsOf(model)).toBe('0.1')
  expect(await ledger.prices.listRates({ model })).toMatchObject([{ state: 'to come' }, { state: 'to come' }])
  bench.clock.advance(HOUR_MS)
  expect(dollarsOf(model)).toBe('5')
  bench.clock.advance(HOUR_MS)
  expect(dollarsOf(model)).toBe('6')
  expect(await ledger.prices.listRates({ model })).toMatchObject([{ dollars: '6', state: 'in force' }])
  expect(await ledger.prices.listRates({ model, all: true })).toMatchObject([
    { dollars: '5', state: 'past' },
    { dollars: '6', state: 'in force' },
  ])
  expect(await ledger.prices.listRates({ provider: 'nobody' })).toEqual([])
})

test('no price is set for a time that is past, and none that has held is changed', async () => {
  const rate = { ...INPUT, model: 'o1', dollars: '7', from: bench.clock.now() }
  const [first] = await ledger.prices.setRates([rate])
  expect(first?.outcome).toBe('added')
  bench.clock.advance(1)
  const before = await digestTables(ledger)
  // The same once more: a file may be imported again.
  expect(await ledger.prices.setRates([rate])).toMatchObject([{ outcome: 'unchanged', dollars: '7' }])
  expect(await refusalOf(ledger.prices.setRates([{ ...rate, dollars: '8' }]))).toMatchObject({
    code: 'invalid_rate',
    message: expect.stringMatching(/is past.*at the price that was set for it/) as string,
  })
  const early = { ...rate, from: new Date(rate.from.getTime() - 1) }
  expect(await refusalOf(ledger.prices.setRates([early]))).toMatchObject({ code: 'invalid_rate' })
  expect(await digestTables(ledger)).toEqual(before)
})

test('the published price can be gone back to', async () => {
  const rate = { ...INPUT, model: 'o3-mini', dollars: '7' }
  await ledger.prices.setRates([rate])
  bench.clock.advance(1)
  const back = { ...rate, dollars: 'published', source: 'the contract has ended' }
  expect(await ledger.prices.setRates([back])).toMatchObject([
    { outcome: 'added', dollars: null, before: '7' },
  ])
  expect(await ledger.prices.setRates([back])).toMatchObject([{ outcome: 'unchanged', dollars: null }])
  expect(ratesOf('o3-mini')).toEqual(publishedRates.find('openai', 'o3-mini', bench.clock.now()))
  expect(await ledger.prices.listRates({ model: 'o3-mini' })).toMatchObject([
    { dollars: null, state: 'in force' },
  ])
})

test('a price that is still to come may be changed', async () => {
  const rate = { ...INPUT, model: 'o1-pro', dollars: '7', from: later(3) }
  await ledger.prices.setRates([rate])
  expect(await ledger.prices.setRates([{ ...rate, dollars: '9', source: 'letter' }])).toMatchObject([
    { outcome: 'changed', dollars: '9', before: '7' },
  ])
  expect(await ledger.prices.listRates({ model: 'o1-pro' })).toMatchObject([
    { dollars: '9', source: 'letter' },
  ])
})

test('all are set or none, and a dry run sets none', async () => {
  const good = { ...INPUT, model: 'gpt-4', dollars: '1' }
  const before = await digestTables(ledger)
  const past = { ...good, model: 'gpt-4o', from: '2020-01-01' }
  const error = await refusalOf(ledger.prices.setRates([good, past, { ...good, dollars: '1e-20' }]))
  expect(error.data['problems']).toMatchObject([{ line: 3 }])
  expect((await refusalOf(ledger.prices.setRates([good, past]))).data['problems']).toMatchObject([
    { line: 2 },
  ])
  expect(await ledger.prices.setRates([good], { dryRun: true })).toMatchObject([
    { outcome: 'added', before: '30' },
  ])
  expect(await digestTables(ledger)).toEqual(before)
  expect(dollarsOf('gpt-4')).toBe('30')
})

test('who sets the same price at the same time waits for the other', async () => {
  const other = await bench.openAnother()
  const rate = { ...INPUT, model: 'gpt-5-mini', dollars: '3' }
  const outcomes = await Promise.all([
    ledger.prices.setRates([rate]),
    other.prices.setRates([rate]),
    ledger.prices.setPricing({ account: 'rush', markup: '2' }),
    other.prices.setPricing({ account: 'rush', creditsPerDollar: '10' }),
  ])
  expect([outcomes[0][0]?.outcome, outcomes[1][0]?.outcome].toSorted()).toEqual(['added', 'unchanged'])
  await ledger.prices.refresh()
  expect(pricing('rush')).toBe('20')
})

test('while the database is away, what was last read holds, and that is told once', async () => {
  const { sql } = ledger.database
  const warnings: string[] = []
  const hear = ({ message }: Error) => warnings.push(message)
  process.on('warning', hear)
  const version = ratesOf('gpt-4.1').version
  await sql`alter table rates rename to rates_away`
  let now = performance.now() + 31_000
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now)
  try {
    expect(await refusalOf(ledger.prices.refresh())).toMatchObject({ code: 'database_unavailable' })
    for (let reads = 0; reads < 3; reads++) {
      now += 31_000
      expect(ratesOf('gpt-4.1').version).toBe(version)
      await refusalOf(ledger.prices.refresh())
    }
    await expect.poll(() => warnings).toEqual([expect.stringContaining('prices could not be read') as string])
    const started = await bench.openAnother()
    expect(await refusalOf(started.prices.ready())).toMatchObject({ code: 'database_unavailable' })
    await sql`alter table rates_away rename to rates`
    now += 31_000
    await started.prices.ready()
    expect(dollarsOf('gpt-4.1', started)).toBe('2.2')
  } finally {
    clock.mockRestore()
    process.off('warning', hear)
    await sql`alter table if exists rates_away rename to rates`
  }
})

/** Credits for a dollar, markup included. */
const pricing = (account: string | undefined, given = {}): string => {
  const { creditsPerPicoDollar } = ledger.prices.pricingOf(account, given)
  return formatFraction(multiply(creditsPerPicoDollar, fraction(10n ** 12n)))
}

test('pricing is the account’s, else as given, else that of all, else the default; each setting for itself', async () => {
  expect(pricing('acme')).toBe('100')
  expect(pricing('acme', { markup: '1.5' })).toBe('150')
  const set = await ledger.prices.setPricing({ creditsPerDollar: '1000', markup: '1.1' })
  const from = bench.clock.now()
  expect(set).toEqual([
    { account: null, setting: 'creditsPerDollar', value: '1000', from, state: 'in force' },
    { account: null, setting: 'markup', value: '1.1', from, state: 'in force' },
  ])
  expect(pricing('acme')).toBe('1100')
  expect(pricing(undefined)).toBe('1100')
  expect(pricing('acme', { markup: '1.5' })).toBe('1500')

  bench.clock.advance(1)
  await ledger.prices.setPricing({ account: 'acme', markup: '1.2' })
  expect(pricing('acme')).toBe('1200')
  expect(pricing('acme', { markup: '1.5', creditsPerDollar: '50' })).toBe('60')
  expect(pricing('other')).toBe('1100')

  // One setting alone leaves the other; null goes back to the general one.
  bench.clock.advance(1)
  await ledger.prices.setPricing({ account: 'acme', creditsPerDollar: '20' })
  expect(pricing('acme')).toBe('24')
  await ledger.prices.setPricing({ account: 'acme', markup: null, from: later(1) })
  expect(pricing('acme')).toBe('24')
  bench.clock.advance(HOUR_MS)
  expect(pricing('acme')).toBe('22')
  expect(await ledger.prices.listPricing('acme')).toMatchObject([
    { setting: 'creditsPerDollar', value: '20', state: 'in force' },
    { setting: 'markup', value: '1.2', state: 'past' },
    { setting: 'markup', value: null, state: 'in force' },
  ])
})

test.each([
  [{}, 'invalid_setting'],
  [{ markup: '0' }, 'invalid_setting'],
  [{ markup: '0.000' }, 'invalid_setting'],
  [{ markup: '-1' }, 'invalid_setting'],
  [{ markup: '1e3' }, 'invalid_setting'],
  [{ creditsPerDollar: '1.0000000000000001' }, 'invalid_setting'],
  [{ markup: '1', from: '2025-12-31' }, 'invalid_setting'],
  [{ markup: '1', from: 'soon' }, 'invalid_time'],
  [{ markup: '1', account: '' }, 'invalid_account'],
  [{ markup: 1 as unknown as string }, 'invalid_setting'],
])('pricing refuses %j', async (change, code) => {
  expect(await refusalOf(ledger.prices.setPricing(change))).toMatchObject({ code })
})

test('a first call does not wait for ever for a database that says nothing', async () => {
  const waiting = await bench.openAnother()
  const { sql } = ledger.database
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    await sql.begin(async (locked) => {
      await locked`lock table rates in access exclusive mode`
      const refused = refusalOf(waiting.prices.ready())
      await vi.advanceTimersByTimeAsync(10_000)
      expect(await refused).toMatchObject({ code: 'database_unavailable' })
    })
  } finally {
    vi.useRealTimers()
  }
  await waiting.prices.refresh()
  expect(dollarsOf('gpt-4.1', waiting)).toBe('2.2')
})

test('the database refuses what the ledger would', async () => {
  const { sql } = ledger.database
  const at = bench.clock.now()
  for (const [setting, value] of [
    ['markup', '0.0'],
    ['markup', '-1'],
    ['markup', '1e3'],
    ['discount', '1'],
  ] as const) {
    const insert = sql`insert into pricing (account_id, setting, effective_from, value)
      values ('acme', ${setting}, ${at}, ${value})`
    await expect(insert, `${setting} ${value}`).rejects.toThrow(/check constraint/)
  }
})

test('a ledger that is closed says so, and writes nothing', async () => {
  const closed = await bench.openAnother()
  const read = await bench.openAnother()
  await read.prices.ready()
  const before = await digestTables(ledger)
  await Promise.all([closed.close(), read.close()])
  const rate = { ...INPUT, model: 'gpt-5', dollars: '1' }
  for (const { prices } of [closed, read]) {
    for (const work of [
      prices.refresh(),
      prices.listRates(),
      prices.listPricing(),
      prices.setRates([rate]),
      prices.setPricing({ markup: '1' }),
    ]) {
      expect(await refusalOf(work)).toMatchObject({ code: 'ledger_closed' })
    }
  }
  expect(await refusalOf(closed.prices.ready())).toMatchObject({ code: 'ledger_closed' })
  expect(await digestTables(ledger)).toEqual(before)
})
