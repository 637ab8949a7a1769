import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { holds } from '../../db/schema.ts'
import { currentContext } from '../../src/context.ts'
import { CreditsError } from '../../src/errors.ts'
import { type MeterFailure, meterCall, openMeteredHold } from '../../src/meter.ts'
import { openTestLedger, type TestLedger } from '../support/ledger.ts'
import { rejection, settledCharges } from './support.ts'

let open: TestLedger
beforeAll(async () => {
  open = await openTestLedger()
})
afterAll(() => open.close())

let accounts = 0
async function fund(amount = '10'): Promise<string> {
  const account = `metered-${++accounts}`
  await open.ledger.grant(account, { type: 'free', amount })
  return account
}

const OPTIONS = { category: 'WebSearch', estimate: '2' } as const

/** The failures that a metered call reports. */
function listener() {
  const failures: { error: unknown; failure: MeterFailure }[] = []
  return {
    failures,
    onError: (error: unknown, failure: MeterFailure) => void failures.push({ error, failure }),
  }
}

test('a function is run on reserved credit and charged by its result', async () => {
  const account = await fund()
  const result = await open.ledger.run({ account, agent: 'researcher', tags: { plan: 'gold' } }, () =>
    open.ledger.meter(
      { ...OPTIONS, model: 'tavily/search', user: 'U2' },
      async () => {
        expect(currentContext()?.agent).toBe('researcher')
        expect(await open.ledger.balance(account)).toMatchObject({ held: 2_000_000n, openHolds: 1 })
        return { credits: 3 }
      },
      ({ credits }) => ({ amount: '0.75', provider: 'tavily', units: { credits: String(credits) } }),
    ),
  )
  expect(result).toEqual({ credits: 3 })
  const [charge] = await settledCharges(open.ledger, account)
  expect(charge).toMatchObject({
    category: 'WebSearch',
    amount: 750_000n,
    held: 2_000_000n,
    model: 'tavily/search',
    agent: 'researcher',
    user: 'U2',
    estimated: false,
  })
  expect(await open.ledger.explain(account, charge!.id)).toMatchObject({
    tags: { plan: 'gold' },
    receipt: { provider: 'tavily', units: { credits: '3' } },
  })
})

test('several lines are charged together', async () => {
  const account = await fund()
  await open.ledger.meter(
    { ...OPTIONS, account },
    () => Promise.resolve('answer'),
    () => [{ amount: '1', category: 'LLM' }, { amount: '0.5' }],
  )
  expect(await settledCharges(open.ledger, account)).toMatchObject([
    { category: 'LLM', amount: 1_000_000n },
    { category: 'WebSearch', amount: 500_000n },
  ])
})

test('a call that throws costs nothing, and its error comes through', async () => {
  const account = await fund()
  const problem = new Error('No network.')
  const call = open.ledger.meter(
    { ...OPTIONS, account },
    () => Promise.reject(problem),
    () => '1',
  )
  expect(await rejection(call)).toBe(problem)
  expect(await settledCharges(open.ledger, account)).toEqual([])
  expect(await open.ledger.balance(account)).toMatchObject({ available: 10_000_000n })
})

test('without credit or account the function is not run', async () => {
  const account = await fund('1')
  let ran = false
  const run = (options: object) =>
    open.ledger.meter(
      { ...OPTIONS, ...options },
      async () => {
        ran = true
      },
      () => '1',
    )
  expect(await rejection(run({ account }))).toMatchObject({ code: 'insufficient_credits' })
  expect(await rejection(run({}))).toMatchObject({ code: 'account_required' })
  expect(ran).toBe(false)
})

test('a cost above the estimate is charged in full, into debt if need be', async () => {
  const account = await fund('3')
  await open.ledger.meter(
    { ...OPTIONS, account },
    () => Promise.resolve(null),
    () => '5',
  )
  expect(await settledCharges(open.ledger, account)).toMatchObject([{ amount: 5_000_000n, debt: 2_000_000n }])
})

test.each<[string, () => string, MeterFailure['operation']]>([
  [
    'cannot be worked out',
    () => {
      throw new CreditsError('unknown_price', 'No price.')
    },
    'cost',
  ],
  ['is malformed', () => '0.12345678', 'capture'],
])(
  'a cost that %s: the result comes, the estimate is charged, the error is told',
  async (_, cost, operation) => {
    const account = await fund()
    const { failures, onError } = listener()
    const result = await open.ledger.meter(
      { ...OPTIONS, account, onError },
      () => Promise.resolve('answer'),
      cost,
    )
    expect(result).toBe('answer')
    expect(await settledCharges(open.ledger, account)).toMatchObject([
      { amount: 2_000_000n, estimated: true },
    ])
    expect(failures).toMatchObject([{ error: { name: 'CreditsError' }, failure: { operation, account } }])
  },
)

test('a running call extends its hold', async () => {
  const account = await fund()
  const running = Promise.withResolvers<string>()
  const call = open.ledger.meter(
    { ...OPTIONS, account, ttl: 300 },
    () => running.promise,
    () => '1',
  )
  const expiry = async () => {
    const [hold] = await (
      await open.ledger.database.drizzle()
    )
      .select()
      .from(holds)
      .where(eq(holds.accountId, account))
    return hold?.expiresAt.getTime()
  }
  const start = open.clock.now().getTime()
  await expect.poll(expiry, { interval: 5 }).toBe(start + 300)
  for (const passed of [200, 400]) {
    open.clock.advance(200)
    await expect.poll(expiry, { interval: 5 }).toBe(start + passed + 300)
  }
  running.resolve('answer')
  expect(await call).toBe('answer')
  expect(await settledCharges(open.ledger, account)).toMatchObject([{ amount: 1_000_000n }])
})

test('a hold is settled once, whatever is asked of it afterwards', async () => {
  const account = await fund()
  const { failures, onError } = listener()
  const hold = await openMeteredHold(open.ledger, { ...OPTIONS, account, onError })
  hold.capture('1')
  hold.capture('2')
  hold.release()
  expect(await settledCharges(open.ledger, account)).toMatchObject([{ amount: 1_000_000n }])
  expect(failures).toEqual([])
})

test('a call that outlives its hold is charged all the same', async () => {
  const account = await fund()
  const { failures, onError } = listener()
  const act = async () => {
    open.clock.advance(2 * 60 * 60 * 1000)
    expect(await open.ledger.balance(account)).toMatchObject({ openHolds: 0, held: 0n })
  }
  await open.ledger.meter({ ...OPTIONS, account, ttl: '1h', onError }, act, () => '1')
  expect(await settledCharges(open.ledger, account)).toMatchObject([{ amount: 1_000_000n }])
  expect(failures).toEqual([])
})

test('a ledger that cannot be reached after the call does not keep the result from the caller', async () => {
  const lost = await openTestLedger({ retryFor: 300 })
  const { failures, onError } = listener()
  await lost.ledger.grant('acme', { type: 'free', amount: '10' })
  const answer = await meterCall(
    lost.ledger,
    { ...OPTIONS, account: 'acme', onError },
    async () => {
      await lost.database.drop()
      return 'answer'
    },
    () => ({ amount: '1.5', provider: 'tavily' }),
  )
  expect(answer).toBe('answer')
  await lost.ledger.settled()
  expect(failures).toMatchObject([
    {
      error: expect.any(Error),
      failure: { operation: 'capture', account: 'acme', cost: { amount: '1.5', provider: 'tavily' } },
    },
  ])
  await lost.close()
})
