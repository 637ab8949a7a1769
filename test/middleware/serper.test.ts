import { afterAll, beforeAll, expect, expectTypeOf, test } from 'vitest'
import { meteredSerper } from '../../middleware/providers/serper/index.ts'
import type { Fake } from '../fakes/providers/serve.ts'
import { startSerperFake } from '../fakes/providers/serper.ts'
import { openTestLedger, type TestLedger } from '../support/ledger.ts'
import { rejection, settledCharges } from './support.ts'

/** $1 a thousand credits, at 100 credits a dollar: https://serper.dev (50,000 credits) */
const CREDIT = 100_000n

interface Found {
  readonly organic: readonly { readonly title: string; readonly link: string }[]
  readonly credits?: number
}

let open: TestLedger
let fake: Fake
beforeAll(async () => {
  open = await openTestLedger()
  fake = await startSerperFake()
})
afterAll(async () => {
  await fake.close()
  await open.close()
})

let accounts = 0
async function fund(amount = '100'): Promise<string> {
  const account = `serper-${++accounts}`
  await open.ledger.grant(account, { type: 'paid', amount })
  return account
}

/** As an agent has it. */
async function search(q: string, options: { num?: number } = {}): Promise<Found> {
  const response = await fetch(`${fake.url}/search`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': 'any' },
    body: JSON.stringify({ q, ...options }),
  })
  if (!response.ok) throw new Error(`Serper answered ${response.status}.`)
  return (await response.json()) as Found
}

test('a metered function has the type of the plain one, and costs the credits that its answer states', async () => {
  const account = await fund()
  const metered = meteredSerper(search, { credits: open.ledger, account })
  expectTypeOf(metered).toEqualTypeOf<typeof search>()
  expect(await metered('PostgreSQL 18')).toEqual(await search('PostgreSQL 18'))
  await metered('PostgreSQL 18', { num: 30 })
  expect(await settledCharges(open.ledger, account)).toMatchObject([
    { category: 'WebSearch', model: 'serper/search', amount: CREDIT, estimated: false },
    { amount: 2n * CREDIT, estimated: false },
  ])
})

test('an answer that states nothing is charged by an estimate', async () => {
  const account = await fund()
  fake.fail('no_usage')
  await meteredSerper(search, { credits: open.ledger, account })('PostgreSQL 18', { num: 30 })
  expect(await settledCharges(open.ledger, account)).toMatchObject([{ amount: 2n * CREDIT, estimated: true }])
})

test('a call that fails costs nothing; without credit there is none', async () => {
  const account = await fund('0.05')
  const before = fake.requests.length
  const metered = meteredSerper(search, { credits: open.ledger })
  const poor = open.ledger.run({ account }, () => metered('PostgreSQL 18'))
  expect(await rejection(poor)).toMatchObject({ code: 'insufficient_credits' })
  expect(await rejection(metered('PostgreSQL 18'))).toMatchObject({ code: 'account_required' })
  expect(fake.requests).toHaveLength(before)
  const rich = await fund()
  fake.fail('server_error')
  const failed = open.ledger.run({ account: rich }, () => metered('PostgreSQL 18'))
  expect(await rejection(failed)).toMatchObject({ message: 'Serper answered 500.' })
  expect(await settledCharges(open.ledger, rich)).toEqual([])
})

test('what Serper answers instead of a search costs nothing, where the function passes it on', async () => {
  const account = await fund()
  const refusal = { message: 'Unauthorized.', statusCode: 403 }
  const metered = meteredSerper(async () => refusal, { credits: open.ledger, account })
  expect(await metered()).toEqual(refusal)
  expect(await settledCharges(open.ledger, account)).toEqual([])
  expect(await open.ledger.balance(account)).toMatchObject({ openHolds: 0 })
})

test('a function that is metered again is charged once', async () => {
  const account = await fund()
  const once = meteredSerper(search, { credits: open.ledger, account: 'nobody' })
  await meteredSerper(once, { credits: open.ledger, account })('PostgreSQL 18')
  expect(await settledCharges(open.ledger, account)).toMatchObject([{ amount: CREDIT }])
})

test('any function can be metered with what it costs', async () => {
  const account = await fund()
  const found = await open.ledger.meter(
    { account, category: 'WebSearch', model: 'serper/search', estimate: '0.2' },
    () => search('PostgreSQL 18'),
    ({ credits = 1 }) => ({
      amount: `0.${credits}`,
      provider: 'serper',
      units: { credits: String(credits) },
    }),
  )
  expect(found.organic).toHaveLength(1)
  expect(await settledCharges(open.ledger, account)).toMatchObject([
    { amount: CREDIT, model: 'serper/search' },
  ])
})
