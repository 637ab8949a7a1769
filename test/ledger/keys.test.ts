import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseAmount } from '../../src/amount.ts'
import type { CreditLedger } from '../../src/credits.ts'
import { openTestLedger, refusalOf, type TestLedger } from '../support/ledger.ts'

const SECOND_MS = 1000

let test: TestLedger
let ledger: CreditLedger
let other: CreditLedger

beforeAll(async () => {
  test = await openTestLedger()
  ledger = test.ledger
  other = await test.openAnother()
})
afterAll(() => test.close())

interface KeyedCase {
  name: string
  /** Makes what the operation needs, and returns the operation: `variant` 1 has another input. */
  prepare(account: string): Promise<(by: CreditLedger, variant: 0 | 1, key: string) => Promise<unknown>>
}

const fund = (account: string) => ledger.grant(account, { type: 'paid', amount: '100' })
const reasons = ['first', 'second'] as const
const amounts = ['1', '2'] as const

const KEYED: KeyedCase[] = [
  {
    name: 'grant',
    prepare: async (account) => (by, variant, key) =>
      by.grant(account, { type: 'free', amount: amounts[variant], expiresIn: '1d', key }),
  },
  {
    name: 'authorize',
    prepare: async (account) => {
      await fund(account)
      return (by, variant, key) =>
        by.authorize(account, { amount: amounts[variant], category: 'LLM', agent: 'support', key })
    },
  },
  {
    name: 'charge',
    prepare: async (account) => {
      await fund(account)
      return (by, variant, key) =>
        by.charge(account, { amount: amounts[variant], category: 'WebSearch', user: 'U1', key })
    },
  },
  {
    name: 'refund',
    prepare: async (account) => {
      await fund(account)
      const charge = await ledger.charge(account, { amount: '10', category: 'LLM' })
      return (by, variant, key) =>
        by.refund(account, charge.id, { amount: amounts[variant], reason: 'x', key })
    },
  },
  {
    name: 'void',
    prepare: async (account) => {
      const batch = await fund(account)
      return (by, variant, key) => by.void(account, batch.id, { reason: reasons[variant], key })
    },
  },
  {
    name: 'capture',
    prepare: async (account) => {
      await fund(account)
      const hold = await ledger.authorize(account, { amount: '5', category: 'LLM' })
      return (by, variant) =>
        by.capture(account, hold.id, [{ amount: amounts[variant] }, { amount: '0.5', category: 'WebSearch' }])
    },
  },
]

describe.each(KEYED)('$name with the key of an earlier one', ({ name, prepare }) => {
  it('replays the first answer with the same input, at any time and from any ledger, and changes nothing', async () => {
    const account = `${name}-replay`
    const act = await prepare(account)
    const first = await act(ledger, 0, 'key')
    const before = await ledger.balance(account)
    test.clock.advance(SECOND_MS)
    expect(await act(ledger, 0, 'key')).toEqual(first)
    expect(await act(other, 0, 'key')).toEqual(first)
    expect(await ledger.balance(account)).toEqual(before)
    expect(await ledger.audit(account)).toMatchObject({ ok: true })
  })

  it('is refused with another input, and changes nothing', async () => {
    const account = `${name}-conflict`
    const act = await prepare(account)
    await act(ledger, 0, 'key')
    const before = await ledger.balance(account)
    expect(await refusalOf(act(ledger, 1, 'key'))).toMatchObject({ code: 'key_conflict' })
    expect(await refusalOf(act(other, 1, 'key'))).toMatchObject({ code: 'key_conflict' })
    expect(await ledger.balance(account)).toEqual(before)
  })

  it('happens once when two ledgers send it many times at once', async () => {
    const account = `${name}-storm`
    const act = await prepare(account)
    const storm = Array.from({ length: 20 }, (_, n) => act(n % 2 === 0 ? ledger : other, 0, 'key'))
    const [first, ...rest] = await Promise.all(storm)
    for (const answer of rest) expect(answer).toEqual(first)
    expect(await ledger.audit(account)).toMatchObject({ ok: true })
    expect(await refusalOf(act(ledger, 1, 'key'))).toMatchObject({ code: 'key_conflict' })
  })
})

describe('a key', () => {
  it('is one over all operations of an account', async () => {
    await ledger.grant('one', { type: 'paid', amount: '10', key: 'k' })
    const batch = await ledger.grant('one', { type: 'paid', amount: '10' })
    const charge = await ledger.charge('one', { amount: '1', category: 'LLM' })
    const refusals = await Promise.all(
      [
        ledger.authorize('one', { amount: '10', category: 'LLM', key: 'k' }),
        ledger.charge('one', { amount: '10', category: 'LLM', key: 'k' }),
        ledger.refund('one', charge.id, { reason: 'x', key: 'k' }),
        ledger.void('one', batch.id, { reason: 'x', key: 'k' }),
      ].map(refusalOf),
    )
    expect(refusals.map(({ code }) => code)).toEqual(Array.from(refusals, () => 'key_conflict'))
  })

  it('is free on every other account', async () => {
    const [first, second] = await Promise.all(
      ['left', 'right'].map((account) =>
        ledger.grant(account, { type: 'paid', amount: '10', key: 'shared' }),
      ),
    )
    expect(first!.id).not.toBe(second!.id)
    expect(await ledger.balance('right')).toMatchObject({ available: parseAmount('10') })
  })

  it('is not used up by a refusal: after a top-up the same call succeeds', async () => {
    const act = () => ledger.authorize('topped', { amount: '5', category: 'LLM', key: 'call' })
    expect(await refusalOf(act())).toMatchObject({ code: 'insufficient_credits' })
    await ledger.grant('topped', { type: 'paid', amount: '5' })
    const hold = await act()
    expect(await act()).toEqual(hold)
    expect(await ledger.balance('topped')).toMatchObject({ openHolds: 1, available: 0n })
  })

  it('replays the answer of then: a hold that was captured since is still the one that was given', async () => {
    await fund('then')
    const act = () => ledger.authorize('then', { amount: '5', category: 'LLM', key: 'call' })
    const hold = await act()
    const [charge] = await ledger.capture('then', hold.id, '3')
    expect(await act()).toEqual(hold)
    expect(await ledger.capture('then', hold.id, '3')).toEqual([charge])
    expect(await ledger.balance('then')).toMatchObject({ settled: parseAmount('97'), held: 0n, openHolds: 0 })
  })

  it('compares durations as they were given, so that a retry a minute later is the same', async () => {
    const act = () => ledger.grant('retry', { type: 'free', amount: '5', expiresIn: '30d', key: 'signup' })
    const batch = await act()
    test.clock.advance(60 * SECOND_MS)
    expect(await act()).toEqual(batch)
    expect(await ledger.batches('retry')).toHaveLength(1)
  })

  it('of a void is the batch too: voiding it with another key is refused', async () => {
    const batch = await fund('voided')
    await ledger.void('voided', batch.id, { reason: 'x', key: 'a' })
    expect(await refusalOf(ledger.void('voided', batch.id, { reason: 'x', key: 'b' }))).toMatchObject({
      code: 'batch_voided',
    })
    expect(await refusalOf(ledger.void('voided', batch.id, { reason: 'x' }))).toMatchObject({
      code: 'batch_voided',
    })
  })

  it('of a release is its hold: releasing twice answers alike', async () => {
    await fund('released')
    const hold = await ledger.authorize('released', { amount: '5', category: 'LLM' })
    const released = await ledger.release('released', hold.id)
    test.clock.advance(3600 * SECOND_MS)
    expect(await ledger.release('released', hold.id)).toEqual(released)
    expect(await other.release('released', hold.id)).toEqual(released)
  })

  it('may have 200 characters, of any language', async () => {
    const key = `${randomUUID()} “ключ” \\ {a,b} ' ☕`.padEnd(200, 'k')
    const batch = await ledger.grant('long', { type: 'paid', amount: '1', key })
    expect(await ledger.grant('long', { type: 'paid', amount: '1', key })).toEqual(batch)
  })
})
