import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { holds } from '../../db/schema.ts'
import { currentContext } from '../../src/context.ts'
import { CreditsError } from '../../src/errors.ts'
import { type MeterFailure, meterCall, openMeteredHold } from '../../src/meter.ts'
import { openTestLedger, refusalOf, type TestLedger } from '../support/ledger.ts'
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

test('an answer that may be read again is booked once under its key, and its holds are given back', async () => {
  const account = await fund()
  const { failures, onError } = listener()
  const read = async (agent: string) => {
    const hold = await openMeteredHold(open.ledger, { ...OPTIONS, account, agent, onError })
    hold.answered('2', { key: 'resp_1' })
    hold.capture('1.5', { key: 'resp_1' })
  }
  await read('first')
  await open.ledger.settled()
  // Another agent reads it, and so does the same one again.
  await Promise.all([read('second'), read('first')])
  expect(await settledCharges(open.ledger, account)).toMatchObject([
    { category: 'WebSearch', amount: 1_500_000n, agent: 'first', held: null },
  ])
  expect(await open.ledger.balance(account)).toMatchObject({ available: 8_500_000n, held: 0n })
  expect(failures).toEqual([])
})

test('a listener that throws keeps neither the result from the caller nor the charge from the books', async () => {
  const account = await fund()
  const emitted = vi.spyOn(process, 'emitWarning').mockReturnValue()
  const onError = () => {
    throw new Error('A fault of the listener.')
  }
  const hold = await openMeteredHold(open.ledger, { ...OPTIONS, account, onError })
  hold.answered('much')
  hold.capture('more')
  expect(await settledCharges(open.ledger, account)).toMatchObject([{ amount: 2_000_000n, estimated: true }])
  const warnings = emitted.mock.calls.map(([message]) => String(message))
  emitted.mockRestore()
  expect(warnings).toEqual([
    expect.stringContaining('A fault of the listener'),
    expect.stringContaining('A fault of the listener'),
  ])
})

test('an answer that costs nothing after all is neither booked nor kept', async () => {
  const account = await fund()
  const hold = await openMeteredHold(open.ledger, { ...OPTIONS, account })
  hold.answered('2')
  hold.release()
  expect(await settledCharges(open.ledger, account)).toEqual([])
  await (await open.openAnother()).settled()
  expect(await settledCharges(open.ledger, account)).toEqual([])
})

describe('a ledger that does not answer', () => {
  /** Keeps the account's books from being read or written, until the returned function is called. */
  async function block(account: string): Promise<() => Promise<void>> {
    const blocked = Promise.withResolvers<void>()
    const free = Promise.withResolvers<void>()
    const transaction = open.ledger.database.sql.begin(async (sql) => {
      await sql`select 1 from accounts where account_id = ${account} for update`
      blocked.resolve()
      await free.promise
    })
    await blocked.promise
    return async () => {
      free.resolve()
      await transaction
    }
  }

  test('lets calls run where that is allowed, after a short wait of the first, and books them later', async () => {
    const account = await fund('1')
    const ledger = await open.openAnother()
    const { failures, onError } = listener()
    const options = { ...OPTIONS, account, agent: 'patient', onLedgerDown: 'allow', onError } as const
    const unblock = await block(account)
    const call = async (cost: string) => {
      const since = performance.now()
      await ledger.meter(
        options,
        () => Promise.resolve('answer'),
        () => cost,
      )
      return performance.now() - since
    }
    expect(await call('0.25')).toBeGreaterThan(1900)
    expect(await call('0.5')).toBeLessThan(500)
    await unblock()
    await ledger.settled()
    // More was needed than there is: what came late was refused, or given back.
    expect(await settledCharges(open.ledger, account)).toMatchObject([
      { amount: 250_000n, held: null, agent: 'patient', category: 'WebSearch' },
      { amount: 500_000n, held: null, agent: 'patient' },
    ])
    expect(failures).toEqual([])
    // Soon one call asks again, and from the first answer on, a refusal too, all do.
    const code = async () => (await refusalOf(call('0.1'))).code
    await expect.poll(code, { timeout: 5000 }).toBe('insufficient_credits')
    expect(await Promise.all([code(), code()])).toEqual(['insufficient_credits', 'insufficient_credits'])
  })

  test('gives back a hold that comes when its call has gone on without', async () => {
    const account = await fund()
    const ledger = await open.openAnother()
    const unblock = await block(account)
    const hold = await openMeteredHold(ledger, { ...OPTIONS, account, onLedgerDown: 'allow' })
    expect(hold.reserved).toBe(2_000_000n)
    hold.release()
    await unblock()
    await ledger.settled()
    expect(await settledCharges(open.ledger, account)).toEqual([])
    expect(await open.ledger.balance(account)).toMatchObject({ available: 10_000_000n, openHolds: 0 })
  })

  test('is no reason to run calls whose cost could be lost, or could not be booked', async () => {
    const forgetful = await openTestLedger({ journal: false })
    const options = { ...OPTIONS, account: 'acme', onLedgerDown: 'allow' } as const
    expect(await rejection(openMeteredHold(forgetful.ledger, options))).toMatchObject({
      code: 'journal_unavailable',
    })
    await forgetful.close()
    const bad = { ...options, agent: 'x'.repeat(1000) }
    expect(await rejection(openMeteredHold(open.ledger, bad))).toMatchObject({ code: 'invalid_attribution' })
  })
})

test('when too much waits for the ledger, no call begins', async () => {
  const small = await openTestLedger({ journal: { maxBytes: 4096 } })
  await small.ledger.grant('acme', { type: 'free', amount: '100' })
  const emitted = vi.spyOn(process, 'emitWarning').mockReturnValue()
  const holds = []
  let refusal: unknown
  while (refusal === undefined) {
    try {
      const hold = await openMeteredHold(small.ledger, { ...OPTIONS, account: 'acme' })
      hold.answered('2')
      holds.push(hold)
    } catch (error) {
      refusal = error
    }
  }
  expect(refusal).toMatchObject({ code: 'journal_full' })
  expect(emitted).toHaveBeenCalledOnce()
  emitted.mockRestore()
  for (const hold of holds) hold.capture('1')
  expect(await settledCharges(small.ledger, 'acme')).toHaveLength(holds.length)
  const hold = await openMeteredHold(small.ledger, { ...OPTIONS, account: 'acme' })
  hold.release()
  await small.close()
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
