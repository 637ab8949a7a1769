import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { micro, parseAmount } from '../../src/amount.ts'
import type { CreditLedger } from '../../src/credits.ts'
import { openTestLedger, type TestLedger } from '../support/ledger.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const START = '2026-03-01T00:00:00Z'

let test: TestLedger
let ledger: CreditLedger

beforeAll(async () => {
  test = await openTestLedger()
  ledger = test.ledger
})
afterAll(() => test.close())

const use = (account: string, amount: string) => ledger.charge(account, { amount, category: 'LLM' })

describe('the rate of a forecast', () => {
  it('is of the last 7 days where the account was used before them', async () => {
    test.clock.set(START)
    await ledger.grant('week', { type: 'paid', amount: '1000' })
    await use('week', '500')
    test.clock.advance(10 * DAY_MS)
    await use('week', '7')
    await use('week', '14')
    expect(await ledger.forecast('week')).toEqual({
      perDay: parseAmount('3'),
      since: new Date(Date.parse(START) + 3 * DAY_MS),
      // 479 are left.
      runsOutAt: new Date(test.clock.now().getTime() + Math.ceil((479 / 3) * DAY_MS)),
      daysLeft: expect.closeTo(479 / 3, 6),
      lapses: [],
    })
  })

  it('begins with the first use where that is within them, in its quarter of an hour', async () => {
    test.clock.set('2026-03-01T10:07:00Z')
    await ledger.grant('young', { type: 'paid', amount: '100' })
    test.clock.advance(DAY_MS)
    await use('young', '1')
    test.clock.set('2026-03-04T10:00:00Z')
    expect(await ledger.forecast('young')).toMatchObject({
      perDay: parseAmount('0.5'),
      since: new Date('2026-03-02T10:00:00Z'),
      daysLeft: 198,
    })
  })

  it('is of an hour at least', async () => {
    test.clock.set('2026-03-01T10:00:01Z')
    await ledger.grant('once', { type: 'paid', amount: '48' })
    await use('once', '1')
    test.clock.advance(1000)
    const { perDay, since, daysLeft } = await ledger.forecast('once')
    expect(perDay).toBe(parseAmount('24'))
    expect(since).toEqual(new Date(test.clock.now().getTime() - HOUR_MS))
    expect(daysLeft).toBeCloseTo(47 / 24, 6)
  })

  it('is rounded up to a micro-credit, never to nothing', async () => {
    test.clock.set(START)
    await ledger.grant('tiny', { type: 'paid', amount: '1' })
    await use('tiny', '0.000001')
    test.clock.advance(6 * DAY_MS)
    expect((await ledger.forecast('tiny')).perDay).toBe(micro(1n))
  })

  it('has refunds taken off', async () => {
    test.clock.set(START)
    await ledger.grant('back', { type: 'paid', amount: '10' })
    const charge = await use('back', '4')
    await ledger.refund('back', charge.id, { reason: 'x', amount: '3' })
    test.clock.advance(DAY_MS)
    expect((await ledger.forecast('back')).perDay).toBe(parseAmount('1'))
  })
})

describe('a forecast', () => {
  it('of an account that was never used, or never mentioned, has no end', async () => {
    test.clock.set(START)
    await ledger.grant('idle', { type: 'free', amount: '10', expiresIn: '5d' })
    expect(await ledger.forecast('idle')).toMatchObject({
      perDay: 0n,
      runsOutAt: null,
      daysLeft: null,
      lapses: [{ type: 'free', amount: parseAmount('10'), at: new Date(Date.parse(START) + 5 * DAY_MS) }],
    })
    expect(await ledger.forecast('nobody')).toMatchObject({ perDay: 0n, daysLeft: null, lapses: [] })
  })

  it('is now where there is no credit, or debt', async () => {
    test.clock.set(START)
    await ledger.grant('spent', { type: 'paid', amount: '2' })
    await use('spent', '2')
    expect(await ledger.forecast('spent')).toMatchObject({ daysLeft: 0, runsOutAt: test.clock.now() })
    await ledger.book('spent', { key: 'over', lines: [{ amount: '3', category: 'LLM' }] })
    expect(await ledger.forecast('spent')).toMatchObject({ daysLeft: 0, runsOutAt: test.clock.now() })
  })

  it('leaves out what is past its expiry, swept or not', async () => {
    test.clock.set(START)
    await ledger.grant('past', { type: 'free', amount: '10', expiresIn: '1d' })
    await ledger.grant('past', { type: 'paid', amount: '10' })
    await use('past', '1')
    test.clock.advance(DAY_MS)
    expect(await ledger.forecast('past')).toMatchObject({ daysLeft: 10, lapses: [] })
  })

  it('names the Paid batch that lapses behind Free ones', async () => {
    test.clock.set(START)
    const paid = await ledger.grant('behind', { type: 'paid', amount: '20', expiresIn: '12d' })
    await ledger.grant('behind', { type: 'free', amount: '11' })
    await use('behind', '1')
    test.clock.advance(DAY_MS)
    // Ten days of Free are left at 1 a day, and then one day of Paid.
    expect(await ledger.forecast('behind')).toMatchObject({
      perDay: parseAmount('1'),
      daysLeft: 11,
      lapses: [{ batchId: paid.id, type: 'paid', amount: parseAmount('19'), at: paid.expiresAt }],
    })
  })
})
