import { BraveSearch, BraveSearchError } from 'brave-search'
import { afterAll, beforeAll, expect, expectTypeOf, test } from 'vitest'
import { meteredBrave } from '../../middleware/providers/brave/index.ts'
import type { WrapperOptions } from '../../middleware/wrapper.ts'
import { startBraveFake } from '../fakes/providers/brave.ts'
import type { Fake } from '../fakes/providers/serve.ts'
import { openTestLedger, type TestLedger } from '../support/ledger.ts'
import { rejection, settledCharges } from './support.ts'

/** $5 a thousand requests, at 100 credits a dollar: https://api-dashboard.search.brave.com/app/plans */
const REQUEST = 500_000n

let open: TestLedger
let fake: Fake
let plain: BraveSearch
beforeAll(async () => {
  open = await openTestLedger()
  fake = await startBraveFake()
  plain = new BraveSearch('any', { pollInterval: 1 })
  // The client has no option for it.
  Reflect.set(plain, 'baseUrl', `${fake.url}/res/v1`)
})
afterAll(async () => {
  await fake.close()
  await open.close()
})

let accounts = 0
async function fund(amount = '100'): Promise<string> {
  const account = `brave-${++accounts}`
  await open.ledger.grant(account, { type: 'paid', amount })
  return account
}

const wrap = (account: string, options: Partial<WrapperOptions> = {}): BraveSearch =>
  meteredBrave(plain, { credits: open.ledger, account, ...options })

test('a metered client is one of the same type', () => {
  expectTypeOf(wrap('acme')).toEqualTypeOf<BraveSearch>()
  expect(wrap('acme')).toBeInstanceOf(BraveSearch)
})

test.each<[string, (client: BraveSearch) => Promise<unknown>]>([
  ['web', (client) => client.webSearch('PostgreSQL 18', { count: 5 })],
  ['image', (client) => client.imageSearch('elephants')],
  ['news', (client) => client.newsSearch('PostgreSQL')],
  ['places', (client) => client.localPoiSearch(['1', '2'])],
  ['descriptions', (client) => client.localDescriptionsSearch(['1'])],
])('a search (%s) costs a request, and looks as without metering', async (_, call) => {
  const account = await fund()
  expect(await call(wrap(account))).toEqual(await call(plain))
  expect(fake.requests.at(-1)?.path).toBe(fake.requests.at(-2)?.path)
  expect(await settledCharges(open.ledger, account)).toMatchObject([
    { category: 'WebSearch', model: 'brave/search', amount: REQUEST, estimated: false },
  ])
})

test('a search that fails or is aborted costs nothing, and its error comes through', async () => {
  const account = await fund()
  fake.fail('rate_limited', 'rate_limited')
  const error = await rejection(wrap(account).webSearch('PostgreSQL 18'))
  expect(error).toBeInstanceOf(BraveSearchError)
  expect(error).toEqual(await rejection(plain.webSearch('PostgreSQL 18')))
  await rejection(wrap(account).webSearch('PostgreSQL 18', {}, AbortSignal.abort()))
  expect(await settledCharges(open.ledger, account)).toEqual([])
})

test('without credit the provider never hears of a search', async () => {
  const account = await fund('0.4')
  const before = fake.requests.length
  expect(await rejection(wrap(account).webSearch('PostgreSQL 18'))).toMatchObject({
    code: 'insufficient_credits',
  })
  expect(fake.requests).toHaveLength(before)
})

test('a summary is refused; where it is recorded, the search before it is charged', async () => {
  const account = await fund()
  const refused = expect.objectContaining({ code: 'unmetered_route' })
  expect(() => wrap(account).getSummarizedAnswer('What is new?')).toThrow(refused)
  const told: string[] = []
  const onUnpriced = (message: string) => void told.push(message)
  const recording = meteredBrave(wrap(account), {
    credits: open.ledger,
    account,
    unmetered: 'record',
    onUnpriced,
  })
  const { webSearch, summary } = recording.getSummarizedAnswer('What is new?', {})
  expect(await webSearch).toMatchObject({ web: { results: [{ title: 'News' }] } })
  expect(await summary).toBeUndefined()
  const charges = await settledCharges(open.ledger, account)
  expect(charges.map(({ model, amount }) => ({ model, amount }))).toEqual(
    expect.arrayContaining([
      { model: 'brave/search', amount: REQUEST },
      { model: null, amount: 0n },
    ]),
  )
  expect(charges).toHaveLength(2)
  expect(told).toEqual([expect.stringContaining('getSummarizedAnswer of brave')])
})
