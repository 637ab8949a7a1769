import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { micro, parseAmount } from '../../src/amount.ts'
import type { CreditLedger } from '../../src/credits.ts'
import { openTestLedger, refusalOf, type TestLedger } from '../support/ledger.ts'

const SECOND_MS = 1000

let test: TestLedger
let ledger: CreditLedger

beforeAll(async () => {
  test = await openTestLedger({ holdTtl: '10s' })
  ledger = test.ledger
})
afterAll(() => test.close())

const fund = (account: string, amount = '10') => ledger.grant(account, { type: 'paid', amount })
const authorize = (account: string, amount: string) => ledger.authorize(account, { amount, category: 'LLM' })

describe('authorize', () => {
  it('takes all that is available, and not a micro-credit more', async () => {
    await fund('all')
    await authorize('all', '9.5')
    expect(await refusalOf(authorize('all', '0.500001'))).toMatchObject({
      code: 'credits_held',
      data: { available: '0.5', held: '9.5', missing: '0.000001', openHolds: 1 },
    })
    await authorize('all', '0.5')
    expect(await ledger.balance('all')).toMatchObject({
      available: 0n,
      held: parseAmount('10'),
      openHolds: 2,
    })
  })

  it('tells what is missing from what running calls hold', async () => {
    await fund('two')
    await authorize('two', '4')
    expect(await refusalOf(authorize('two', '10'))).toMatchObject({
      code: 'credits_held',
      data: { available: '6', held: '4', missing: '4', openHolds: 1 },
    })
    expect(await refusalOf(authorize('two', '10.000001'))).toMatchObject({
      code: 'insufficient_credits',
      data: { available: '6', missing: '4.000001' },
    })
  })

  it('finds nothing on an account that nobody mentioned before', async () => {
    expect(await refusalOf(authorize('nobody', '1'))).toMatchObject({
      code: 'insufficient_credits',
      data: { available: '0', missing: '1' },
    })
  })
})

describe('capture', () => {
  it('books the cost, and frees the rest of the hold', async () => {
    await fund('below')
    const hold = await authorize('below', '6')
    const [charge] = await ledger.capture('below', hold.id, '2.25')
    expect(charge).toMatchObject({ amount: parseAmount('2.25'), held: parseAmount('6'), debt: 0n })
    expect(await ledger.balance('below')).toMatchObject({
      settled: parseAmount('7.75'),
      held: 0n,
      available: parseAmount('7.75'),
      openHolds: 0,
    })
  })

  it('goes on above the hold over all that remains, and then into debt', async () => {
    await fund('above')
    const hold = await authorize('above', '6')
    const other = await authorize('above', '3')
    const [charge] = await ledger.capture('above', hold.id, '12')
    expect(charge).toMatchObject({ debt: parseAmount('2'), draws: [{ amount: parseAmount('10') }] })
    expect(await ledger.balance('above')).toMatchObject({
      settled: micro(-2_000_000n),
      held: parseAmount('3'),
      available: micro(-5_000_000n),
      debt: parseAmount('2'),
    })
    // What the other call was promised is gone, and yet it is booked.
    const [second] = await ledger.capture('above', other.id, '1')
    expect(second).toMatchObject({ draws: [], debt: parseAmount('1') })
    expect(await ledger.audit('above')).toMatchObject({ ok: true })
  })

  it('of nothing is a charge of nothing, and frees the hold', async () => {
    await fund('zero')
    const hold = await authorize('zero', '6')
    const [charge] = await ledger.capture('zero', hold.id, '0')
    expect(charge).toMatchObject({ amount: 0n, draws: [], debt: 0n })
    expect(await ledger.balance('zero')).toMatchObject({ available: parseAmount('10'), openHolds: 0 })
    expect(await ledger.usage('zero', { to: '2027-01-01', from: '2025-12-01' })).toEqual([
      { category: 'LLM', charges: 1, amount: 0n },
    ])
  })

  it('of several lines books all or none', async () => {
    await fund('lines')
    const hold = await authorize('lines', '5')
    const lines = [{ amount: '1' }, { amount: '2', category: 'WebSearch' }] as const
    const broken = [...lines, { amount: '-1' }]
    expect(await refusalOf(ledger.capture('lines', hold.id, broken))).toMatchObject({
      code: 'invalid_amount',
    })
    expect(await ledger.balance('lines')).toMatchObject({
      settled: parseAmount('10'),
      held: parseAmount('5'),
    })

    const charges = await ledger.capture('lines', hold.id, lines)
    expect(charges.map(({ category, amount }) => [category, amount])).toEqual([
      ['LLM', parseAmount('1')],
      ['WebSearch', parseAmount('2')],
    ])
    expect(new Set(charges.map(({ id }) => id)).size).toBe(2)
    expect(await ledger.balance('lines')).toMatchObject({ settled: parseAmount('7'), held: 0n })
  })

  it.each([1, 3])('keeps that its usage was estimated, with %i at once', async (atOnce) => {
    const account = `estimated ${atOnce}`
    await fund(account)
    const holds = await Promise.all(Array.from({ length: atOnce }, () => authorize(account, '1')))
    const captureAll = () =>
      Promise.all(holds.map(({ id }) => ledger.capture(account, id, { amount: '0.1', estimated: true })))
    const charges = (await captureAll()).flat()
    const receipts = await Promise.all(charges.map(({ id }) => ledger.explain(account, id)))
    expect(receipts.map(({ estimated }) => estimated)).toEqual(holds.map(() => true))
    expect((await captureAll()).flat()).toEqual(charges)
  })

  it('books up to 16 lines, and refuses 17', async () => {
    await fund('many')
    const hold = await authorize('many', '5')
    const lines = (count: number) => Array.from({ length: count }, () => ({ amount: '0.1' }))
    expect(await refusalOf(ledger.capture('many', hold.id, lines(17)))).toMatchObject({
      code: 'invalid_amount',
    })
    const charges = await ledger.capture('many', hold.id, lines(16))
    expect(new Set(charges.map(({ id }) => id)).size).toBe(16)
    expect(await ledger.capture('many', hold.id, lines(16))).toEqual(charges)
    expect(await ledger.balance('many')).toMatchObject({ settled: parseAmount('8.4'), held: 0n })
  })

  it('by another ledger keeps for whom the call was authorised', async () => {
    const other = await test.openAnother()
    await fund('handover')
    const hold = await ledger.authorize('handover', {
      amount: '5',
      category: 'SpeechToText',
      model: 'nova-3',
      agent: 'support',
      user: 'U1',
      conversation: 'C9',
      tags: { plan: 'gold' },
    })
    const [charge] = await other.capture('handover', hold.id, '1')
    expect(charge).toMatchObject({
      category: 'SpeechToText',
      model: 'nova-3',
      agent: 'support',
      user: 'U1',
      conversation: 'C9',
      tags: { plan: 'gold' },
    })
    expect(await other.explain('handover', charge!.id)).toMatchObject({ ...charge })
  })
})

describe('a hold past its time to live', () => {
  it('has lapsed from that instant, in reads and in writes, without a sweep', async () => {
    await fund('lapse')
    const hold = await authorize('lapse', '10')
    test.clock.set(new Date(hold.expiresAt.getTime() - 1))
    expect(await ledger.balance('lapse')).toMatchObject({
      held: parseAmount('10'),
      available: 0n,
      openHolds: 1,
    })
    expect(await refusalOf(authorize('lapse', '10'))).toMatchObject({ code: 'credits_held' })

    test.clock.advance(1)
    expect(await ledger.balance('lapse')).toMatchObject({
      held: 0n,
      available: parseAmount('10'),
      openHolds: 0,
    })
    expect(await refusalOf(ledger.extend('lapse', hold.id))).toMatchObject({ code: 'hold_lapsed' })
    expect(await ledger.release('lapse', hold.id)).toEqual({ ...hold, state: 'lapsed' })
    expect(await authorize('lapse', '10')).toMatchObject({ state: 'open' })
    expect(await ledger.audit('lapse')).toMatchObject({ ok: true })
  })

  it('is booked all the same when its capture comes late, and answers alike before and after a sweep', async () => {
    await fund('late')
    const [unswept, swept] = await Promise.all([authorize('late', '5'), authorize('late', '5')])
    test.clock.advance(10 * SECOND_MS)
    const [first] = await ledger.capture('late', unswept.id, '2')
    await ledger.sweep()
    const [second] = await ledger.capture('late', swept.id, '2')
    expect(second).toEqual({ ...first, id: second!.id })
    expect(first).toMatchObject({ amount: parseAmount('2'), debt: 0n })
    expect(await ledger.balance('late')).toMatchObject({ settled: parseAmount('6'), held: 0n, openHolds: 0 })
    expect(await refusalOf(ledger.release('late', swept.id))).toMatchObject({ code: 'hold_captured' })
    expect(await ledger.audit('late')).toMatchObject({ ok: true })
  })

  it('lives on when it is extended, and is never shortened', async () => {
    await fund('extend')
    const hold = await authorize('extend', '10')
    test.clock.advance(9 * SECOND_MS)
    const extended = await ledger.extend('extend', hold.id, '20s')
    expect(extended).toEqual({ ...hold, expiresAt: new Date(test.clock.now().getTime() + 20 * SECOND_MS) })
    expect(await ledger.extend('extend', hold.id, '1s')).toEqual(extended)
    test.clock.set(new Date(extended.expiresAt.getTime() - 1))
    expect(await ledger.balance('extend')).toMatchObject({ openHolds: 1, available: 0n })
    test.clock.advance(1)
    expect(await ledger.balance('extend')).toMatchObject({ openHolds: 0, available: parseAmount('10') })
  })

  it('is counted once by a sweep', async () => {
    await fund('counted')
    await Promise.all([authorize('counted', '1'), authorize('counted', '2')])
    await ledger.sweep()
    test.clock.advance(10 * SECOND_MS)
    expect(await ledger.sweep()).toMatchObject({ lapsedHolds: 2, expiredBatches: 0 })
    expect(await ledger.sweep()).toMatchObject({ lapsedHolds: 0 })
  })
})

describe('the ends of a hold', () => {
  it('exclude each other', async () => {
    await fund('ends')
    const captured = await authorize('ends', '1')
    const released = await authorize('ends', '1')
    await ledger.capture('ends', captured.id, '1')
    expect(await ledger.release('ends', released.id)).toEqual({ ...released, state: 'released' })

    expect(await refusalOf(ledger.release('ends', captured.id))).toMatchObject({ code: 'hold_captured' })
    expect(await refusalOf(ledger.extend('ends', captured.id))).toMatchObject({ code: 'hold_captured' })
    expect(await refusalOf(ledger.capture('ends', released.id, '1'))).toMatchObject({ code: 'hold_released' })
    expect(await refusalOf(ledger.extend('ends', released.id))).toMatchObject({ code: 'hold_released' })
    expect(await ledger.balance('ends')).toMatchObject({ settled: parseAmount('9'), held: 0n })
  })

  it('come to one of two ledgers that capture and release at once', async () => {
    const other = await test.openAnother()
    await fund('race', '100')
    for (let round = 0; round < 20; round += 1) {
      const hold = await authorize('race', '1')
      const [capture, release] = await Promise.allSettled([
        ledger.capture('race', hold.id, '1'),
        other.release('race', hold.id),
      ])
      const refused = [capture, release].filter(({ status }) => status === 'rejected')
      expect(refused).toHaveLength(1)
      expect(refused[0]).toMatchObject({
        reason: { code: capture.status === 'rejected' ? 'hold_released' : 'hold_captured' },
      })
    }
    expect(await ledger.balance('race')).toMatchObject({ held: 0n, openHolds: 0 })
    expect(await ledger.audit('race')).toMatchObject({ ok: true })
  })
})
