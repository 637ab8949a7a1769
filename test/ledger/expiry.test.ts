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

const grant = (account: string, amount: string, seconds?: number, type: 'free' | 'paid' = 'free') =>
  ledger.grant(account, {
    type,
    amount,
    ...(seconds === undefined ? {} : { expiresIn: seconds * SECOND_MS }),
  })
const authorize = (account: string, amount: string, ttl = 3600 * SECOND_MS) =>
  ledger.authorize(account, { amount, category: 'LLM', ttl })
const remaining = async (account: string) =>
  (await ledger.batches(account, { all: true })).map((batch) => [batch.remaining, batch.state])

describe('a batch at the instant of its expiry', () => {
  it('is there a millisecond before and gone at it, in reads and in writes, without a sweep', async () => {
    const { expiresAt } = await grant('instant', '10', 10)
    test.clock.set(new Date(expiresAt!.getTime() - 1))
    expect(await ledger.balance('instant')).toMatchObject({
      available: parseAmount('10'),
      free: parseAmount('10'),
      nextExpiry: { at: expiresAt, amount: parseAmount('10') },
    })
    expect(await ledger.batches('instant')).toHaveLength(1)
    await ledger.charge('instant', { amount: '1', category: 'LLM' })

    test.clock.advance(1)
    expect(await ledger.balance('instant')).toMatchObject({
      available: 0n,
      settled: 0n,
      free: 0n,
      nextExpiry: null,
    })
    expect(await ledger.batches('instant')).toEqual([])
    expect(await remaining('instant')).toEqual([[parseAmount('9'), 'expired']])
    expect(await refusalOf(authorize('instant', '0.000001'))).toMatchObject({
      code: 'insufficient_credits',
      data: { available: '0', missing: '0.000001' },
    })
    expect(await refusalOf(ledger.charge('instant', { amount: '1', category: 'LLM' }))).toMatchObject({
      code: 'insufficient_credits',
    })
  })

  it('is written down by a sweep, once, and nothing else changes', async () => {
    await grant('swept', '10', 10)
    await grant('swept', '4', 20)
    test.clock.advance(10 * SECOND_MS)
    const before = await ledger.balance('swept')
    const report = await ledger.sweep()
    expect(report.expiredBatches).toBeGreaterThanOrEqual(1)
    expect(await ledger.balance('swept')).toEqual(before)
    expect(await remaining('swept')).toEqual([
      [0n, 'expired'],
      [parseAmount('4'), 'active'],
    ])
    expect(await ledger.sweep()).toEqual({
      accounts: 0,
      expiredBatches: 0,
      expiredAmount: 0n,
      lapsedHolds: 0,
    })
    expect(await ledger.audit('swept')).toMatchObject({ ok: true })
  })

  it('was spent before the ones that expire later, however they were added', async () => {
    await grant('order', '1', undefined, 'paid')
    await grant('order', '1', undefined)
    await grant('order', '1', 30, 'paid')
    await grant('order', '1', 20)
    const [first, second, third, fourth] = await ledger.batches('order')
    expect([first, second, third, fourth].map((batch) => [batch!.type, batch!.expiresAt === null])).toEqual([
      ['free', false],
      ['free', true],
      ['paid', false],
      ['paid', true],
    ])
    const charge = await ledger.charge('order', { amount: '2.5', category: 'LLM' })
    expect(charge.draws).toEqual([
      { batchId: first!.id, type: 'free', amount: parseAmount('1') },
      { batchId: second!.id, type: 'free', amount: parseAmount('1') },
      { batchId: third!.id, type: 'paid', amount: parseAmount('0.5') },
    ])
  })
})

describe('a hold across the expiry of the batch it reserved', () => {
  it('keeps its right: the capture draws on the expired batch before any other', async () => {
    const old = await grant('right', '10', 10)
    const hold = await authorize('right', '6')
    test.clock.advance(10 * SECOND_MS)
    const fresh = await grant('right', '5', undefined, 'paid')
    // What the hold reserves is not given twice: 5 unexpired, 6 held.
    expect(await ledger.balance('right')).toMatchObject({
      settled: parseAmount('5'),
      available: micro(-1_000_000n),
    })

    const [charge] = await ledger.capture('right', hold.id, '7')
    expect(charge).toMatchObject({
      debt: 0n,
      draws: [
        { batchId: old.id, amount: parseAmount('6') },
        { batchId: fresh.id, amount: parseAmount('1') },
      ],
    })
    expect(await ledger.balance('right')).toMatchObject({ settled: parseAmount('4'), held: 0n, debt: 0n })
    expect(await ledger.audit('right')).toMatchObject({ ok: true })
  })

  it('has the sweep leave what older open holds could still draw, and take it when they are gone', async () => {
    await grant('left', '10', 10)
    const holds = await Promise.all([authorize('left', '3'), authorize('left', '2')])
    test.clock.advance(10 * SECOND_MS)
    await ledger.sweep()
    expect(await remaining('left')).toEqual([[parseAmount('5'), 'expired']])

    await ledger.release('left', holds[1].id)
    await ledger.sweep()
    expect(await remaining('left')).toEqual([[parseAmount('3'), 'expired']])

    const [charge] = await ledger.capture('left', holds[0].id, '3')
    expect(charge).toMatchObject({ debt: 0n, draws: [{ amount: parseAmount('3') }] })
    expect(await remaining('left')).toEqual([[0n, 'expired']])
    expect(await ledger.audit('left')).toMatchObject({ ok: true })
  })

  it('has no right to a batch that had expired when it was authorised', async () => {
    await grant('younger', '10', 10)
    await grant('younger', '5', undefined, 'paid')
    test.clock.advance(10 * SECOND_MS)
    const hold = await authorize('younger', '5')
    await ledger.sweep()
    expect(await remaining('younger')).toEqual([
      [0n, 'expired'],
      [parseAmount('5'), 'active'],
    ])
    const [charge] = await ledger.capture('younger', hold.id, '6')
    expect(charge).toMatchObject({
      debt: parseAmount('1'),
      draws: [{ type: 'paid', amount: parseAmount('5') }],
    })
  })

  it('loses its right when it lapses: the late capture books as debt what only the expired batch had', async () => {
    await grant('late', '10', 10)
    const hold = await authorize('late', '6', 15 * SECOND_MS)
    test.clock.advance(15 * SECOND_MS)
    expect(await ledger.balance('late')).toMatchObject({ held: 0n, openHolds: 0 })
    const [charge] = await ledger.capture('late', hold.id, '6')
    expect(charge).toMatchObject({ amount: parseAmount('6'), draws: [], debt: parseAmount('6') })
    expect(await ledger.balance('late')).toMatchObject({
      debt: parseAmount('6'),
      available: micro(-6_000_000n),
    })
    expect(await ledger.audit('late')).toMatchObject({ ok: true })
  })

  it('draws on the part by right, and beyond it only on what has not expired', async () => {
    const old = await grant('beyond', '10', 10)
    const hold = await authorize('beyond', '4')
    test.clock.advance(10 * SECOND_MS)
    const [charge] = await ledger.capture('beyond', hold.id, '9')
    expect(charge).toMatchObject({
      debt: parseAmount('5'),
      draws: [{ batchId: old.id, amount: parseAmount('4') }],
    })
  })

  it('shares its right over the lines of one capture, in their order', async () => {
    const old = await grant('lines', '10', 10)
    const hold = await authorize('lines', '4')
    test.clock.advance(10 * SECOND_MS)
    const fresh = await grant('lines', '2', undefined, 'paid')
    const charges = await ledger.capture('lines', hold.id, [
      { amount: '3' },
      { amount: '2', category: 'WebSearch' },
      { amount: '2', category: 'SpeechToText' },
    ])
    expect(charges).toMatchObject([
      { category: 'LLM', draws: [{ batchId: old.id, amount: parseAmount('3') }], debt: 0n },
      {
        category: 'WebSearch',
        draws: [
          { batchId: old.id, amount: parseAmount('1') },
          { batchId: fresh.id, amount: parseAmount('1') },
        ],
        debt: 0n,
      },
      {
        category: 'SpeechToText',
        draws: [{ batchId: fresh.id, amount: parseAmount('1') }],
        debt: parseAmount('1'),
      },
    ])
  })
})
