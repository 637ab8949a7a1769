import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { micro, parseAmount } from '../../src/amount.ts'
import type { CreditLedger } from '../../src/credits.ts'
import { openTestLedger, refusalOf, type TestLedger } from '../support/ledger.ts'

const SECOND_MS = 1000

let test: TestLedger
let ledger: CreditLedger

beforeAll(async () => {
  test = await openTestLedger()
  ledger = test.ledger
})
afterAll(() => test.close())

const charge = (account: string, amount: string) => ledger.charge(account, { amount, category: 'LLM' })
const batchStates = async (account: string) =>
  (await ledger.batches(account, { all: true })).map(({ remaining, state }) => [remaining, state])

/** Three batches of 5, Free with an expiry, Free without, and Paid, of which one charge took 12. */
async function chargedAccount(account: string) {
  const expiring = await ledger.grant(account, { type: 'free', amount: '5', expiresIn: 10 * SECOND_MS })
  const free = await ledger.grant(account, { type: 'free', amount: '5' })
  const paid = await ledger.grant(account, { type: 'paid', amount: '5' })
  return { expiring, free, paid, charge: await charge(account, '12') }
}

describe('a refund', () => {
  it('goes back to the batches it was drawn from, the newest draw first, in as many parts as asked for', async () => {
    const { expiring, free, paid, charge: booked } = await chargedAccount('open')
    const first = await ledger.refund('open', booked.id, { amount: '3', reason: 'too much' })
    expect(first).toMatchObject({ chargeId: booked.id, amount: parseAmount('3'), newBatches: [] })
    expect(first.returns).toEqual([
      { batchId: paid.id, amount: parseAmount('2'), outcome: 'returned' },
      { batchId: free.id, amount: parseAmount('1'), outcome: 'returned' },
    ])
    const second = await ledger.refund('open', booked.id, { reason: 'all of it' })
    expect(second.returns).toEqual([
      { batchId: free.id, amount: parseAmount('4'), outcome: 'returned' },
      { batchId: expiring.id, amount: parseAmount('5'), outcome: 'returned' },
    ])
    expect(await batchStates('open')).toEqual([
      [parseAmount('5'), 'active'],
      [parseAmount('5'), 'active'],
      [parseAmount('5'), 'active'],
    ])
    expect(await ledger.explain('open', booked.id)).toMatchObject({ amount: parseAmount('12'), net: 0n })
    expect(await ledger.audit('open')).toMatchObject({ ok: true })
  })

  it('is at most what was charged, over all refunds', async () => {
    const { charge: booked } = await chargedAccount('most')
    const ask = (amount?: string) =>
      ledger.refund('most', booked.id, { reason: 'x', ...(amount === undefined ? {} : { amount }) })
    expect(await refusalOf(ask('12.000001'))).toMatchObject({ code: 'refund_exceeds_charge' })
    await ask('11.5')
    expect(await refusalOf(ask('0.500001'))).toMatchObject({ code: 'refund_exceeds_charge' })
    await ask('0.5')
    expect(await refusalOf(ask('0.000001'))).toMatchObject({ code: 'refund_exceeds_charge' })
    expect(await refusalOf(ask())).toMatchObject({ code: 'refund_exceeds_charge' })
    expect(await ledger.balance('most')).toMatchObject({ available: parseAmount('15') })
  })

  it('is at most what was charged, when asked for by two ledgers at once', async () => {
    const other = await test.openAnother()
    const { charge: booked } = await chargedAccount('twice')
    const asked = Array.from({ length: 8 }, (_, n) =>
      (n % 2 === 0 ? ledger : other).refund('twice', booked.id, { amount: '5', reason: `${n}` }),
    )
    const settled = await Promise.allSettled(asked)
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(2)
    expect(await ledger.balance('twice')).toMatchObject({ available: parseAmount('13') })
    expect(await ledger.audit('twice')).toMatchObject({ ok: true })
  })

  it('of nothing is refused: a charge of 0 has nothing to give back', async () => {
    await ledger.grant('nothing', { type: 'paid', amount: '1' })
    const hold = await ledger.authorize('nothing', { amount: '1', category: 'LLM' })
    const [booked] = await ledger.capture('nothing', hold.id, '0')
    expect(await refusalOf(ledger.refund('nothing', booked!.id, { reason: 'x' }))).toMatchObject({
      code: 'refund_exceeds_charge',
    })
  })
})

describe('a refund into an expired batch', () => {
  it('comes back as expired, and is not available', async () => {
    const { expiring, charge: booked } = await chargedAccount('expired')
    test.clock.advance(10 * SECOND_MS)
    const refund = await ledger.refund('expired', booked.id, { reason: 'x' })
    expect(refund.returns.at(-1)).toEqual({
      batchId: expiring.id,
      amount: parseAmount('5'),
      outcome: 'expired',
    })
    expect(await batchStates('expired')).toEqual([
      [0n, 'expired'],
      [parseAmount('5'), 'active'],
      [parseAmount('5'), 'active'],
    ])
    expect(await ledger.balance('expired')).toMatchObject({ available: parseAmount('10') })
    expect(await ledger.audit('expired')).toMatchObject({ ok: true })
  })

  it('is given as a new batch of the same type where that is asked for', async () => {
    const { charge: booked } = await chargedAccount('anew')
    test.clock.advance(10 * SECOND_MS)
    const newBatch = { expiresIn: 60 * SECOND_MS }
    const refund = await ledger.refund('anew', booked.id, { reason: 'goodwill', newBatch })
    expect(refund.newBatches).toMatchObject([
      {
        type: 'free',
        source: 'adjustment',
        allocated: parseAmount('5'),
        remaining: parseAmount('5'),
        state: 'active',
        expiresAt: new Date(test.clock.now().getTime() + 60 * SECOND_MS),
      },
    ])
    expect(await ledger.batches('anew')).toContainEqual(refund.newBatches[0])
    expect(await ledger.balance('anew')).toMatchObject({ available: parseAmount('15') })
    expect(await ledger.audit('anew')).toMatchObject({ ok: true })
  })
})

describe('a refund into a voided batch', () => {
  it('comes back as voided', async () => {
    const { free, charge: booked } = await chargedAccount('voided')
    await ledger.void('voided', free.id, { reason: 'mistake' })
    const refund = await ledger.refund('voided', booked.id, { reason: 'x' })
    expect(refund.returns).toContainEqual({ batchId: free.id, amount: parseAmount('5'), outcome: 'voided' })
    expect(await ledger.balance('voided')).toMatchObject({ available: parseAmount('10') })
    expect(await ledger.audit('voided')).toMatchObject({ ok: true })
  })

  it('is given as new batches, one of each type, where that is asked for', async () => {
    const { expiring, free, paid, charge: booked } = await chargedAccount('both')
    await ledger.void('both', free.id, { reason: 'mistake' })
    await ledger.void('both', paid.id, { reason: 'mistake' })
    test.clock.set(expiring.expiresAt!)
    const refund = await ledger.refund('both', booked.id, { reason: 'x', newBatch: {} })
    const allocated = refund.newBatches.map((batch) => [batch.type, batch.allocated, batch.expiresAt])
    expect(new Set(allocated)).toEqual(
      new Set([
        ['free', parseAmount('10'), null],
        ['paid', parseAmount('2'), null],
      ]),
    )
    expect(await ledger.balance('both')).toMatchObject({ available: parseAmount('12') })
    expect(await ledger.audit('both')).toMatchObject({ ok: true })
  })
})

describe('a void', () => {
  it('cancels what remains, and what was drawn stays drawn', async () => {
    const batch = await ledger.grant('void', { type: 'paid', amount: '10' })
    await charge('void', '4')
    const voided = await ledger.void('void', batch.id, { reason: 'chargeback' })
    expect(voided).toEqual({ ...batch, remaining: 0n, state: 'voided' })
    expect(await ledger.balance('void')).toMatchObject({ available: 0n })
    expect(await ledger.batches('void')).toEqual([])
    expect(await ledger.audit('void')).toMatchObject({ ok: true })
  })

  it('takes what a hold reserved: its capture becomes debt', async () => {
    const batch = await ledger.grant('reserved', { type: 'paid', amount: '10' })
    const hold = await ledger.authorize('reserved', { amount: '6', category: 'LLM' })
    await ledger.void('reserved', batch.id, { reason: 'chargeback' })
    expect(await ledger.balance('reserved')).toMatchObject({ available: micro(-6_000_000n), settled: 0n })
    const [booked] = await ledger.capture('reserved', hold.id, '5')
    expect(booked).toMatchObject({ draws: [], debt: parseAmount('5') })
    expect(await ledger.audit('reserved')).toMatchObject({ ok: true })
  })
})
