import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { micro, parseAmount } from '../../src/amount.ts'
import type { CreditLedger } from '../../src/credits.ts'
import { openTestLedger, type TestLedger } from '../support/ledger.ts'

const SECOND_MS = 1000

let test: TestLedger
let ledger: CreditLedger

beforeAll(async () => {
  test = await openTestLedger()
  ledger = test.ledger
})
afterAll(() => test.close())

const grant = (account: string, amount: string) => ledger.grant(account, { type: 'paid', amount })

/** Charges above a hold of one credit, one after the other, on an account that has one credit for each. */
async function overdraw(account: string, ...costs: string[]) {
  const charges = []
  for (const cost of costs) {
    await grant(account, '1')
    const hold = await ledger.authorize(account, { amount: '1', category: 'LLM' })
    charges.push({ hold, cost })
  }
  const booked = []
  for (const { hold, cost } of charges) booked.push((await ledger.capture(account, hold.id, cost))[0]!)
  return booked
}

const repayments = async (account: string, chargeId: string) =>
  (await ledger.explain(account, chargeId)).repayments.map(({ amount, batchId }) => ({ amount, batchId }))

describe('debt', () => {
  it('is repaid by the next grant first, the oldest charge first', async () => {
    const [old, young] = await overdraw('repaid', '4', '5')
    expect([old!.debt, young!.debt]).toEqual([parseAmount('2'), parseAmount('5')])

    const first = await grant('repaid', '3')
    expect(first).toMatchObject({ allocated: parseAmount('3'), remaining: 0n, state: 'depleted' })
    expect(await ledger.balance('repaid')).toMatchObject({
      debt: parseAmount('4'),
      settled: micro(-4_000_000n),
    })
    expect(await repayments('repaid', old!.id)).toEqual([{ amount: parseAmount('2'), batchId: first.id }])
    expect(await repayments('repaid', young!.id)).toEqual([{ amount: parseAmount('1'), batchId: first.id }])

    const second = await grant('repaid', '10')
    expect(second).toMatchObject({ remaining: parseAmount('6'), state: 'active' })
    expect(await ledger.balance('repaid')).toMatchObject({ debt: 0n, available: parseAmount('6') })
    expect(await repayments('repaid', young!.id)).toEqual([
      { amount: parseAmount('1'), batchId: first.id },
      { amount: parseAmount('4'), batchId: second.id },
    ])
    expect(await ledger.audit('repaid')).toMatchObject({ ok: true })
  })

  it('never stands beside credit: what repays it is spendable by nobody, however they hurry', async () => {
    await overdraw('beside', '6')
    const [, , charge] = await Promise.allSettled([
      grant('beside', '3'),
      grant('beside', '3'),
      ledger.charge('beside', { amount: '2', category: 'LLM' }),
    ])
    expect(charge).toMatchObject({ status: 'rejected', reason: { code: 'insufficient_credits' } })
    expect(await ledger.balance('beside')).toMatchObject({ debt: 0n, available: parseAmount('1') })
    expect(await ledger.audit('beside')).toMatchObject({ ok: true })
  })
})

describe('a refund of a charge with debt', () => {
  it('first takes off what is still owed, and gives nothing to a batch for that', async () => {
    const [charge] = await overdraw('owed', '5')
    const refund = await ledger.refund('owed', charge!.id, { amount: '3', reason: 'wrong' })
    expect(refund.returns).toEqual([{ batchId: null, amount: parseAmount('3'), outcome: 'debt' }])
    expect(await ledger.balance('owed')).toMatchObject({
      debt: parseAmount('1'),
      settled: micro(-1_000_000n),
    })

    const rest = await ledger.refund('owed', charge!.id, { reason: 'all wrong' })
    expect(rest).toMatchObject({
      amount: parseAmount('2'),
      returns: [
        { batchId: null, amount: parseAmount('1'), outcome: 'debt' },
        { batchId: charge!.draws[0]!.batchId, amount: parseAmount('1'), outcome: 'returned' },
      ],
    })
    expect(await ledger.balance('owed')).toMatchObject({ debt: 0n, available: parseAmount('1') })
    expect(await ledger.audit('owed')).toMatchObject({ ok: true })
  })

  it('then goes back to the batches that repaid it, the newest first, and last to those it was drawn from', async () => {
    const [charge] = await overdraw('back', '5')
    const first = await grant('back', '1')
    const second = await grant('back', '10')
    const refund = await ledger.refund('back', charge!.id, { reason: 'wrong' })
    expect(refund.returns).toEqual([
      { batchId: second.id, amount: parseAmount('3'), outcome: 'returned' },
      { batchId: first.id, amount: parseAmount('1'), outcome: 'returned' },
      { batchId: charge!.draws[0]!.batchId, amount: parseAmount('1'), outcome: 'returned' },
    ])
    expect(await ledger.balance('back')).toMatchObject({ available: parseAmount('12'), debt: 0n })
    expect(await ledger.audit('back')).toMatchObject({ ok: true })
  })

  it('pays what other charges owe before anything is spendable again', async () => {
    const [covered, owing] = await overdraw('others', '1', '4')
    expect(owing!.debt).toBe(parseAmount('3'))
    await ledger.refund('others', covered!.id, { reason: 'wrong' })
    expect(await ledger.balance('others')).toMatchObject({ debt: parseAmount('2'), free: 0n, paid: 0n })
    const source = covered!.draws[0]!.batchId
    expect(await repayments('others', owing!.id)).toEqual([{ amount: parseAmount('1'), batchId: source }])

    // And refunding that one gives its repayment back to where it came from.
    const refund = await ledger.refund('others', owing!.id, { reason: 'wrong too' })
    expect(refund.returns).toEqual([
      { batchId: null, amount: parseAmount('2'), outcome: 'debt' },
      { batchId: source, amount: parseAmount('1'), outcome: 'returned' },
      { batchId: owing!.draws[0]!.batchId, amount: parseAmount('1'), outcome: 'returned' },
    ])
    expect(await ledger.balance('others')).toMatchObject({ debt: 0n, available: parseAmount('2') })
    expect(await ledger.audit('others')).toMatchObject({ ok: true })
  })

  it('pays debt even with what would come back expired, before it is lost', async () => {
    await ledger.grant('saved', { type: 'free', amount: '3', expiresIn: 10 * SECOND_MS })
    const charge = await ledger.charge('saved', { amount: '3', category: 'LLM' })
    await overdraw('saved', '2')
    test.clock.advance(10 * SECOND_MS)
    const refund = await ledger.refund('saved', charge.id, { reason: 'wrong' })
    expect(refund.returns.map(({ amount, outcome }) => [amount, outcome])).toEqual([
      [parseAmount('1'), 'debt'],
      [parseAmount('2'), 'expired'],
    ])
    expect(await ledger.balance('saved')).toMatchObject({ debt: 0n, available: 0n })
    expect(await ledger.audit('saved')).toMatchObject({ ok: true })
  })
})
