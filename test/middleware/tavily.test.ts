import { tavily, type TavilyClient } from '@tavily/core'
import { afterAll, beforeAll, expect, expectTypeOf, test, vi } from 'vitest'
import { isInsufficientCredits } from '../../middleware/index.ts'
import { meteredTavily } from '../../middleware/providers/tavily/index.ts'
import type { WrapperOptions } from '../../middleware/wrapper.ts'
import { startTavilyFake, type TavilyFake } from '../fakes/providers/tavily.ts'
import { openTestLedger, type TestLedger } from '../support/ledger.ts'
import { rejection, settledCharges } from './support.ts'

/** $0.008 a Tavily credit, at 100 credits a dollar: https://docs.tavily.com/documentation/api-credits */
const CREDIT = 800_000n

let open: TestLedger
let fake: TavilyFake
let plain: TavilyClient
beforeAll(async () => {
  open = await openTestLedger()
  fake = await startTavilyFake()
  plain = tavily({ apiKey: 'tvly-any', apiBaseURL: fake.url })
})
afterAll(async () => {
  await fake.close()
  await open.close()
})

let accounts = 0
async function fund(amount = '1000'): Promise<string> {
  const account = `tavily-${++accounts}`
  await open.ledger.grant(account, { type: 'paid', amount })
  return account
}

const wrap = (account: string, options: Partial<WrapperOptions> = {}): TavilyClient =>
  meteredTavily(plain, { credits: open.ledger, account, ...options })

/** Begins a research. */
async function begin(client: TavilyClient, model: 'mini' | 'pro'): Promise<string> {
  const research = await client.research('PostgreSQL 18', { model })
  if ('requestId' in research) return research.requestId
  throw new Error('It was streamed.')
}

test('a metered client has the type of the one that it is made of', () => {
  expectTypeOf(wrap('acme')).toEqualTypeOf<TavilyClient>()
})

test.each<[string, (client: TavilyClient) => Promise<unknown>, bigint]>([
  ['search', (client) => client.search('PostgreSQL 18'), 1n],
  ['search', (client) => client.search('PostgreSQL 18', { searchDepth: 'advanced', maxResults: 3 }), 2n],
  ['search', (client) => client.search('PostgreSQL 18', { includeUsage: true }), 1n],
  ['extract', (client) => client.extract(Array.from({ length: 6 }, (_, i) => `https://a.example/${i}`)), 2n],
  ['crawl', (client) => client.crawl('https://postgresql.org', { limit: 5 }), 3n],
  ['map', (client) => client.map('https://postgresql.org'), 1n],
])(
  '%s costs the credits that its answer states, and looks as without metering',
  async (method, call, credits) => {
    const account = await fund()
    const metered = await call(wrap(account))
    expect(metered).toEqual(await call(plain))
    expect(await settledCharges(open.ledger, account)).toMatchObject([
      { category: 'WebSearch', model: `tavily/${method}`, amount: credits * CREDIT, estimated: false },
    ])
  },
)

test('what an answer states holds, also where it is nothing or broken', async () => {
  const account = await fund()
  for (const credits of [0, 0.5, 7]) {
    fake.state(credits)
    await wrap(account).extract(['https://a.example'])
  }
  fake.state(undefined)
  const charges = await settledCharges(open.ledger, account)
  expect(charges.map(({ amount }) => amount)).toEqual([0n, CREDIT / 2n, 7n * CREDIT])
})

test('an answer that states nothing is charged by what is documented, as an estimate', async () => {
  const account = await fund()
  await wrap(account).search('PostgreSQL 18', { searchDepth: 'advanced', include_usage: false })
  fake.state(Number.NaN)
  await wrap(account).search('PostgreSQL 18', { autoParameters: true })
  fake.state(undefined)
  expect(await settledCharges(open.ledger, account)).toMatchObject([
    { amount: 2n * CREDIT, estimated: true },
    { amount: 2n * CREDIT, estimated: true },
  ])
})

test('the methods that give text cost what is documented for their depth', async () => {
  // They say that they are deprecated.
  const said = vi.spyOn(console, 'warn').mockReturnValue()
  const account = await fund()
  const client = wrap(account)
  // oxlint-disable-next-line typescript/no-deprecated -- agents that use it are to be metered too
  expect(await client.searchQNA('PostgreSQL 18', {})).toBe('It has asynchronous I/O.')
  // oxlint-disable-next-line typescript/no-deprecated -- the same
  expect(await client.searchContext('PostgreSQL 18', {})).toContain('postgresql.org')
  said.mockRestore()
  expect(await settledCharges(open.ledger, account)).toMatchObject([
    { model: 'tavily/search', amount: 2n * CREDIT, estimated: false },
    { model: 'tavily/search', amount: CREDIT, estimated: false },
  ])
})

test('a research is charged once, when it is over, however often it is read', async () => {
  const account = await fund()
  const client = wrap(account)
  const requestId = await begin(client, 'mini')
  expect(await client.getResearch(requestId)).toMatchObject({ status: 'pending' })
  expect(await open.ledger.balance(account)).toMatchObject({ openHolds: 1, held: 110n * CREDIT })
  fake.finishResearch('completed')
  const read = await client.getResearch(requestId)
  expect(read).toEqual(await plain.getResearch(requestId))
  expect(read).not.toHaveProperty('usage')
  expect(await client.getResearch(requestId, { includeUsage: true })).toMatchObject({
    usage: { credits: 37 },
  })
  expect(await settledCharges(open.ledger, account)).toMatchObject([
    { model: 'tavily/research', amount: 37n * CREDIT, estimated: false },
  ])
})

test('a research that fails costs nothing', async () => {
  const account = await fund()
  const client = wrap(account)
  const requestId = await begin(client, 'pro')
  fake.finishResearch('failed')
  await client.getResearch(requestId)
  expect(await settledCharges(open.ledger, account)).toEqual([])
})

test('a research that nobody reads is looked after; without an end in time its estimate is charged', async () => {
  const account = await fund()
  await wrap(account, { backgroundFor: 30 }).research('PostgreSQL 18', { model: 'mini' })
  expect(await settledCharges(open.ledger, account)).toMatchObject([
    { amount: 110n * CREDIT, estimated: true },
  ])
  await wrap(account, { backgroundFor: 30 }).research('PostgreSQL 18', { model: 'mini' })
  fake.finishResearch('completed')
  expect(await settledCharges(open.ledger, account)).toMatchObject([
    { estimated: true },
    { amount: 37n * CREDIT, estimated: false },
  ])
})

test('without credit the provider never hears of a call', async () => {
  const account = await fund('0.5')
  const before = fake.requests.length
  const error = await rejection(wrap(account).search('PostgreSQL 18'))
  expect(error).toMatchObject({ code: 'insufficient_credits' })
  expect(isInsufficientCredits(error)).toBe(true)
  expect(fake.requests).toHaveLength(before)
})

test('a call that fails costs nothing, and its error comes through', async () => {
  const account = await fund()
  for (const fault of ['server_error', 'reset', 'die_midway'] as const) {
    fake.fail(fault, fault)
    const metered = await rejection(wrap(account).search('PostgreSQL 18'))
    expect(metered).toEqual(await rejection(plain.search('PostgreSQL 18')))
  }
  expect(await settledCharges(open.ledger, account)).toEqual([])
})

test('a client that is wrapped again is charged once, by the new options', async () => {
  const account = await fund()
  const twice = meteredTavily(wrap('nobody'), { credits: open.ledger, account, markup: '2' })
  await twice.search('PostgreSQL 18')
  expect(twice.search).toBe(twice.search)
  expect(await settledCharges(open.ledger, account)).toMatchObject([{ amount: 2n * CREDIT }])
})

test('calls at once are charged to whom they are made for', async () => {
  const account = await fund()
  const client = meteredTavily(plain, { credits: open.ledger })
  await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      open.ledger.run({ account, user: `U${i}` }, () => client.search('PostgreSQL 18')),
    ),
  )
  const charges = await settledCharges(open.ledger, account)
  expect(charges.map(({ user }) => user).toSorted()).toEqual(
    Array.from({ length: 20 }, (_, i) => `U${i}`).toSorted(),
  )
  expect(await rejection(client.search('PostgreSQL 18'))).toMatchObject({ code: 'account_required' })
})

test('what is free is not charged, and what is not known is refused or recorded', async () => {
  const account = await fund()
  const later = {
    ...plain,
    imagine: async (what: string) => `imagined ${what}`,
    agents: { run: async () => 1 },
  }
  const client = meteredTavily(later, { credits: open.ledger, account })
  expect(await client.feedback({ requestId: 'tavily-1' })).toMatchObject({ success: true })
  const unknown = { code: 'unmetered_route', message: expect.stringContaining('imagine of tavily') }
  expect(() => client.imagine('it')).toThrow(expect.objectContaining(unknown))
  expect(client.agents).toBe(client.agents)
  expect(() => client.agents.run()).toThrow(expect.objectContaining({ code: 'unmetered_route' }))
  expect(() => client.research('it', { stream: true })).toThrow(
    expect.objectContaining({ code: 'unmetered_route' }),
  )
  expect(await settledCharges(open.ledger, account)).toEqual([])

  const told: string[] = []
  const onUnpriced = (message: string) => void told.push(message)
  const recording = meteredTavily(client, { credits: open.ledger, account, unmetered: 'record', onUnpriced })
  expect(await recording.imagine('it')).toBe('imagined it')
  await open.ledger.settled()
  expect(await settledCharges(open.ledger, account)).toMatchObject([
    {
      category: 'WebSearch',
      amount: 0n,
      estimated: true,
      receipt: { provider: 'tavily', note: 'imagine: not metered, no price' },
    },
  ])
  expect(told).toEqual([expect.stringContaining('imagine of tavily')])
})
