import type OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { publishedRates } from '../../src/rates/published.ts'
import { reportedRates } from '../../src/rates/reported.ts'
import { costOf, costOfDollars, openPricing } from '../../src/rates.ts'
import { type Bench, collect, costOfChat, MESSAGES, MODEL, openBench, rejection } from './support.ts'

const REQUEST = { model: MODEL, messages: MESSAGES } as const
const INPUT = { provider: 'openai', unit: 'input_tokens', per: 1_000_000, source: 'contract' }
const OUTPUT = { ...INPUT, unit: 'output_tokens' }

let bench: Bench

beforeAll(async () => {
  bench = await openBench()
})
afterAll(() => bench.close())

/** What the one charge of an account is. */
async function chargeOf(account: string) {
  const [charge, ...others] = await bench.settledCharges(account)
  expect(others).toEqual([])
  if (!charge) throw new Error('Nothing was charged.')
  return charge
}

test('a call is priced by what was set before the client’s first one, without being told to', async () => {
  const other = await bench.openAnother()
  await other.prices.setRates([
    { ...INPUT, model: 'gpt-4.1', dollars: '1' },
    { ...OUTPUT, model: 'gpt-4.1', dollars: '3' },
  ])
  const ledger = await bench.openAnother()
  const account = await bench.fund()
  const openai = bench.client({ credits: ledger, account })
  const { usage } = await openai.chat.completions.create({ ...REQUEST, model: 'gpt-4.1' })
  await ledger.settled()

  const charge = await chargeOf(account)
  const input = BigInt(usage?.prompt_tokens ?? 0)
  const output = BigInt(usage?.completion_tokens ?? 0)
  expect(input * output).toBeGreaterThan(0n)
  expect(charge.amount).toBe(input * 100n + output * 300n)
  expect(charge.receipt).toMatchObject({
    prices: { input_tokens: '0.0001', output_tokens: '0.0003' },
    rateVersion: `${publishedRates.version}+overrides@${bench.clock.now().toISOString()}`,
  })
})

test('a model that only the ledger has a price for may be called', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account })
  const call = () => openai.chat.completions.create({ ...REQUEST, model: 'house-llm' })
  expect(await rejection(call())).toMatchObject({ code: 'unknown_price' })
  await bench.ledger.prices.setRates([
    { ...INPUT, model: 'house-llm', dollars: '1' },
    { ...OUTPUT, model: 'house-llm', dollars: '1' },
  ])
  const { usage } = await call()
  const charge = await chargeOf(account)
  expect(charge.amount).toBe(BigInt(usage?.total_tokens ?? 0) * 100n)
})

test('a call keeps the price and pricing that it was planned on; a past charge keeps its receipt', async () => {
  const account = await bench.fund('10000')
  const openai = bench.client({ account })
  const stream = await openai.chat.completions.create({
    ...REQUEST,
    stream: true,
    stream_options: { include_usage: true },
  })
  const chunks = stream[Symbol.asyncIterator]()
  await chunks.next()
  bench.clock.advance(1)
  await bench.ledger.prices.setRates([{ ...OUTPUT, model: MODEL, dollars: '99' }])
  await bench.ledger.prices.setPricing({ account, markup: '10' })
  let usage: OpenAI.CompletionUsage | null | undefined
  for (let next = await chunks.next(); !next.done; next = await chunks.next())
    usage = next.value.usage ?? usage

  const charge = await chargeOf(account)
  expect(charge.amount).toBe(costOfChat(usage))
  expect(charge.receipt).toMatchObject({ rateVersion: publishedRates.version })
  const before = await bench.ledger.explain(account, charge.id)

  // The next call has both: its price, and ten times it.
  await openai.chat.completions.create(REQUEST)
  const charges = await bench.settledCharges(account)
  expect(charges[1]?.receipt).toMatchObject({ prices: { output_tokens: '0.099' } })
  expect(await bench.ledger.explain(account, charge.id)).toEqual(before)
})

test('an account’s own pricing holds above the client’s options, those above that of all accounts', async () => {
  const amountOf = async (account: string, options = {}) => {
    await bench.client({ account, ...options }).chat.completions.create({ ...REQUEST, model: 'gpt-4o' })
    const charge = await chargeOf(account)
    return { amount: charge.amount, held: charge.held ?? 0n }
  }
  const plain = await amountOf(await bench.fund('10000'))
  const given = await amountOf(await bench.fund('10000'), { markup: '2', estimate: 'strict' })
  expect(given.amount).toBe(plain.amount * 2n)

  await bench.ledger.prices.setPricing({ markup: '3' })
  const own = await bench.fund('10000')
  await bench.ledger.prices.setPricing({ account: own, markup: '4', creditsPerDollar: '50' })
  const general = await amountOf(await bench.fund('10000'), { estimate: 'strict' })
  expect(general.amount).toBe(plain.amount * 3n)
  // What is held is by the same pricing as what is charged: strict holds of equal calls are in proportion.
  expect(given.held * 3n).toBe(general.held * 2n)
  expect((await amountOf(await bench.fund('10000'), { markup: '2' })).amount).toBe(plain.amount * 2n)
  expect((await amountOf(own, { markup: '2', estimate: 'strict' })).amount).toBe(plain.amount * 2n)
})

test('a rate card that the client is given is all that holds for its prices', async () => {
  await bench.ledger.prices.setRates([{ ...INPUT, model: 'gpt-4o-mini', dollars: '77' }])
  const account = await bench.fund()
  const openai = bench.client({ account, rates: publishedRates })
  await collect(await openai.chat.completions.create({ ...REQUEST, model: 'gpt-4o-mini', stream: true }))
  expect((await chargeOf(account)).receipt).toMatchObject({ rateVersion: publishedRates.version })
})

test('while the prices have never been read, calls wait for the ledger, or go on by policy', async () => {
  const { sql } = bench.ledger.database
  const account = await bench.fund()
  await sql`alter table rates rename to rates_away`
  try {
    const denied = bench.client({ credits: await bench.openAnother(), account })
    const before = bench.standIn.requests.length
    expect(await rejection(denied.chat.completions.create(REQUEST))).toMatchObject({
      status: 503,
      code: 'database_unavailable',
    })
    expect(bench.standIn.requests).toHaveLength(before)
    const ledger = await bench.openAnother()
    const allowed = bench.client({ credits: ledger, account, onLedgerDown: 'allow' })
    await allowed.chat.completions.create(REQUEST)
    await ledger.settled()
  } finally {
    await sql`alter table rates_away rename to rates`
  }
  expect((await chargeOf(account)).receipt).toMatchObject({ rateVersion: publishedRates.version })
})

test('what the provider says in dollars is charged exactly, with the pricing, and the receipt says so', () => {
  const pricing = openPricing({ creditsPerDollar: '100', markup: '1.3' })
  expect(costOfDollars('0.005', 'exa', pricing, 'search')).toEqual({
    amount: 650_000n,
    units: { dollars: '0.005' },
    prices: { dollars: '130' },
    exactCost: '0.65',
    provider: 'exa',
    rateVersion: 'as-reported',
    providerCost: '0.005',
  })
  expect(costOfDollars('0', 'exa', pricing)).toMatchObject({ amount: 0n })
  // A tenth of a micro-credit is one.
  expect(costOfDollars('0.000000001', 'exa', pricing).amount).toBe(1n)
  expect(() => costOfDollars('-1', 'exa', pricing)).toThrow(
    expect.objectContaining({ code: 'invalid_setting' }) as Error,
  )
  expect(costOf({ input_tokens: 0n }, reportedRates('exa', 'search'), pricing)).not.toHaveProperty(
    'providerCost',
  )
})
