import { afterAll, beforeAll, expect, it } from 'vitest'
import { parseAmount } from '../src/amount.ts'
import type { CreditLedger } from '../src/credits.ts'
import { openTestLedger, refusalOf, type TestLedger } from './support/ledger.ts'

const DAY_MS = 24 * 3_600_000

let test: TestLedger
let ledger: CreditLedger

beforeAll(async () => {
  test = await openTestLedger()
  ledger = test.ledger
})
afterAll(() => test.close())

it('tells what expired unused, latest first, before and after the sweep alike', async () => {
  const first = await ledger.grant('acme', { type: 'free', amount: '10', expiresIn: '1d' })
  const second = await ledger.grant('acme', { type: 'paid', amount: '20', expiresIn: '2d' })
  await ledger.grant('acme', { type: 'paid', amount: '5', expiresIn: '30d' })
  await ledger.grant('acme', { type: 'paid', amount: '5' })
  await ledger.charge('acme', { amount: '4', category: 'LLM' })
  expect(await ledger.expiries('acme')).toEqual([])

  test.clock.advance(DAY_MS)
  const of = (batch: typeof first, amount: string) => ({
    batchId: batch.id,
    type: batch.type,
    amount: parseAmount(amount),
    at: batch.expiresAt,
  })
  expect(await ledger.expiries('acme')).toEqual([of(first, '6')])
  test.clock.advance(DAY_MS)
  const expected = [of(second, '20'), of(first, '6')]
  expect(await ledger.expiries('acme')).toEqual(expected)
  await ledger.sweep()
  expect(await ledger.expiries('acme')).toEqual(expected)
})

it('leaves out what was used up or voided before', async () => {
  await ledger.grant('used', { type: 'free', amount: '1', expiresIn: '1d' })
  await ledger.charge('used', { amount: '1', category: 'LLM' })
  const voided = await ledger.grant('used', { type: 'free', amount: '1', expiresIn: '1d' })
  await ledger.void('used', voided.id, { reason: 'x' })
  const part = await ledger.grant('used', { type: 'free', amount: '10', expiresIn: '1d' })
  await ledger.void('used', part.id, { amount: '4', reason: 'x' })
  test.clock.advance(DAY_MS)
  await ledger.sweep()
  expect(await ledger.expiries('used')).toMatchObject([{ batchId: part.id, amount: parseAmount('6') }])
})

it('tells the part of a running call until that is drawn', async () => {
  const batch = await ledger.grant('held', { type: 'free', amount: '10', expiresIn: '1d' })
  const hold = await ledger.authorize('held', { amount: '4', category: 'LLM', ttl: '2d' })
  test.clock.advance(DAY_MS)
  await ledger.sweep()
  expect(await ledger.expiries('held')).toMatchObject([{ batchId: batch.id, amount: parseAmount('10') }])
  await ledger.capture('held', hold.id, '4')
  expect(await ledger.expiries('held')).toMatchObject([{ batchId: batch.id, amount: parseAmount('6') }])
})

it('goes on telling what was written off, where the part of a running call is voided later', async () => {
  const batch = await ledger.grant('voided', { type: 'free', amount: '10', expiresIn: '1d' })
  await ledger.authorize('voided', { amount: '4', category: 'LLM', ttl: '2d' })
  test.clock.advance(DAY_MS)
  await ledger.sweep()
  await ledger.void('voided', batch.id, { reason: 'x' })
  expect(await ledger.expiries('voided')).toMatchObject([{ batchId: batch.id, amount: parseAmount('6') }])
})

it('looks back 14 days, or as long as is asked', async () => {
  const start = test.clock.now()
  const batch = await ledger.grant('back', { type: 'free', amount: '1', expiresIn: '1d' })
  test.clock.advance(15 * DAY_MS - 1)
  expect(await ledger.expiries('back')).toHaveLength(1)
  test.clock.advance(1)
  expect(await ledger.expiries('back')).toEqual([])
  expect(await ledger.expiries('back', { since: start })).toMatchObject([{ batchId: batch.id }])
  expect(await refusalOf(ledger.expiries('back', { since: 'yesterday' }))).toMatchObject({
    code: 'invalid_time',
  })
})
