import { Exa } from 'exa-js'
import { afterAll, beforeAll, expect, expectTypeOf, test } from 'vitest'
import { meteredExa } from '../../middleware/providers/exa/index.ts'
import type { WrapperOptions } from '../../middleware/wrapper.ts'
import { EXA_DOLLARS, type ExaFake, startExaFake } from '../fakes/providers/exa.ts'
import { openTestLedger, type TestLedger } from '../support/ledger.ts'
import { collect, rejection, settledCharges } from './support.ts'

/** At 100 credits a dollar. */
const microOf = (dollars: number): bigint => BigInt(Math.round(dollars * 1e8))

let open: TestLedger
let fake: ExaFake
let plain: Exa
beforeAll(async () => {
  open = await openTestLedger()
  fake = await startExaFake()
  plain = new Exa('exa-any', fake.url)
})
afterAll(async () => {
  await fake.close()
  await open.close()
})

let accounts = 0
async function fund(amount = '10000'): Promise<string> {
  const account = `exa-${++accounts}`
  await open.ledger.grant(account, { type: 'paid', amount })
  return account
}

const wrap = (account: string, options: Partial<WrapperOptions> = {}): Exa =>
  meteredExa(plain, { credits: open.ledger, account, ...options })

test('a metered client is one of the same type, and the plain one stays as it is', async () => {
  const account = await fund()
  const client = wrap(account)
  expectTypeOf(client).toEqualTypeOf<Exa>()
  expect(client).toBeInstanceOf(Exa)
  expect(Object.keys(client)).toEqual(Object.keys(plain))
  await plain.search('PostgreSQL 18')
  expect(fake.requests.at(-1)?.headers).toMatchObject({ 'x-api-key': 'exa-any' })
  expect(await settledCharges(open.ledger, account)).toEqual([])
})

test.each<[string, (exa: Exa) => Promise<unknown>, number]>([
  ['search', (exa) => exa.search('PostgreSQL 18', { numResults: 5 }), EXA_DOLLARS.search],
  ['contents', (exa) => exa.getContents(['https://a.example', 'https://b.example']), EXA_DOLLARS.contents],
  ['answer', (exa) => exa.answer('What is new?'), EXA_DOLLARS.answer],
  ['answer', (exa) => collect(exa.streamAnswer('What is new?')), EXA_DOLLARS.answer],
  ['search', (exa) => collect(exa.streamSearch('PostgreSQL 18')), EXA_DOLLARS.search],
  ['search', (exa) => exa.tools.webSearch().execute({ query: 'PostgreSQL 18' }), EXA_DOLLARS.search],
])(
  '%s costs the dollars that its answer states, and looks as without metering',
  async (name, call, dollars) => {
    const account = await fund()
    expect(await call(wrap(account))).toEqual(await call(plain))
    const [charge, ...others] = await settledCharges(open.ledger, account)
    expect(others).toEqual([])
    expect(charge).toMatchObject({
      category: 'WebSearch',
      model: `exa/${name}`,
      amount: microOf(dollars),
      estimated: false,
    })
    expect((await open.ledger.explain(account, charge!.id)).receipt).toMatchObject({
      providerCost: String(dollars),
    })
  },
)

test('a markup is laid on what Exa states', async () => {
  const account = await fund()
  await wrap(account, { markup: '1.5' }).search('PostgreSQL 18')
  expect(await settledCharges(open.ledger, account)).toMatchObject([
    { amount: microOf(EXA_DOLLARS.search * 1.5) },
  ])
})

test('an answer that states nothing is charged by the published prices, as an estimate', async () => {
  const account = await fund()
  const client = wrap(account)
  fake.fail('no_usage')
  await client.search('PostgreSQL 18', { type: 'deep', numResults: 20, contents: { summary: true } })
  fake.fail('no_usage')
  await collect(client.streamAnswer('What is new?'))
  // $15 a thousand deep searches, and $1 a thousand results above ten, and summaries.
  expect(await settledCharges(open.ledger, account)).toMatchObject([
    { amount: microOf(0.015 + 0.01 + 0.02), estimated: true },
    { amount: microOf(0.005), estimated: true },
  ])
})

test('a stream that is left is read on for its cost; one whose server dies is estimated', async () => {
  const account = await fund()
  for await (const chunk of wrap(account, { drainAfter: 20 }).streamAnswer('What is new?')) {
    expect(chunk.content).toBe('Postgre')
    break
  }
  expect(await settledCharges(open.ledger, account)).toMatchObject([
    { amount: microOf(EXA_DOLLARS.answer), estimated: false },
  ])
  fake.fail('die_midway')
  await rejection(collect(wrap(account).streamAnswer('What is new?')))
  expect(await settledCharges(open.ledger, account)).toMatchObject([
    { estimated: false },
    { amount: microOf(0.005), estimated: true },
  ])
})

test('a research and an agent run are charged once, when they are over', async () => {
  const account = await fund()
  const client = wrap(account)
  const { researchId } = await client.research.create({
    instructions: 'PostgreSQL 18',
    model: 'exa-research',
  })
  expect(await client.research.get(researchId)).toMatchObject({ status: 'running' })
  expect(await open.ledger.balance(account)).toMatchObject({ openHolds: 1 })
  fake.finish('completed')
  for (let reading = 0; reading < 2; reading++) await client.research.get(researchId)
  const run = await client.agent.runs.create({ query: 'PostgreSQL 18', effort: 'low' })
  expect(await client.agent.runs.get(run.id)).toMatchObject({ status: 'running' })
  fake.finish('failed')
  await client.agent.runs.get(run.id)
  await collect(await client.agent.runs.create({ query: 'PostgreSQL 18', stream: true }))
  const charges = await settledCharges(open.ledger, account)
  expect(charges.map(({ model, amount, estimated }) => ({ model, amount, estimated }))).toEqual([
    { model: 'exa/research', amount: microOf(EXA_DOLLARS.research), estimated: false },
    { model: 'exa/agent-run', amount: microOf(EXA_DOLLARS.run), estimated: false },
    { model: 'exa/agent-run', amount: microOf(EXA_DOLLARS.run), estimated: false },
  ])
})

test('without credit the provider never hears of a call, and a failed call costs nothing', async () => {
  const account = await fund('0.4')
  const before = fake.requests.length
  expect(await rejection(wrap(account).search('PostgreSQL 18'))).toMatchObject({
    code: 'insufficient_credits',
  })
  expect(await rejection(collect(wrap(account).streamAnswer('What is new?')))).toMatchObject({
    code: 'insufficient_credits',
  })
  expect(fake.requests).toHaveLength(before)
  const rich = await fund()
  for (const fault of ['server_error', 'bad_request', 'rate_limited', 'reset'] as const) {
    fake.fail(fault, fault)
    const seen = await rejection(wrap(rich).search('PostgreSQL 18'))
    const unmetered = await rejection(plain.search('PostgreSQL 18'))
    expect(seen).toMatchObject({ message: (unmetered as Error).message, name: (unmetered as Error).name })
  }
  expect(await settledCharges(open.ledger, rich)).toEqual([])
})

test('what is free passes, and what goes on by itself is refused or recorded', async () => {
  const account = await fund()
  const client = wrap(account)
  expect(await client.websets.get('webset-1')).toMatchObject({ id: 'webset-1' })
  const webset = { search: { query: 'databases', count: 1 } }
  expect(await rejection(client.websets.create(webset))).toMatchObject({ code: 'unmetered_route' })
  const told: string[] = []
  const recording = meteredExa(client, {
    credits: open.ledger,
    account,
    unmetered: 'record',
    onUnpriced: (message) => void told.push(message),
  })
  expect(await recording.websets.create(webset)).toMatchObject({ id: 'webset-1' })
  await open.ledger.settled()
  const note = 'POST /websets/v0/websets: not metered, no price'
  expect(await settledCharges(open.ledger, account)).toMatchObject([
    { category: 'WebSearch', amount: 0n, estimated: true, receipt: { provider: 'exa', note } },
  ])
  expect(told).toEqual([expect.stringContaining('POST /websets/v0/websets of exa')])
  // Metered twice over, charged once.
  await recording.search('PostgreSQL 18')
  expect(await settledCharges(open.ledger, account)).toHaveLength(2)
})
