import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseAmount } from '../../src/amount.ts'
import type { CreditLedger } from '../../src/credits.ts'
import type { ExtendBatchInput } from '../../src/types.ts'
import { digestTables, openTestLedger, refusalOf, type TestLedger } from '../support/ledger.ts'

const HOUR_MS = 3_600_000

let test: TestLedger
let ledger: CreditLedger
let other: CreditLedger

beforeAll(async () => {
  test = await openTestLedger()
  ledger = test.ledger
  other = await test.openAnother()
})
afterAll(() => test.close())

const grant = (account: string, amount = '10', expiresIn = '1h') =>
  ledger.grant(account, { type: 'free', amount, expiresIn })
const use = (account: string, amount: string, of = ledger) => of.charge(account, { amount, category: 'LLM' })
const later = (ms: number) => new Date(test.clock.now().getTime() + ms)

async function expectSound(account: string): Promise<void> {
  expect(await ledger.audit(account)).toMatchObject({ ok: true, divergences: [] })
}

describe('an expiry that is moved', () => {
  it('is later from then on, and written down', async () => {
    const batch = await grant('later')
    const extended = await ledger.extendBatch('later', batch.id, {
      expiresIn: '3h',
      reason: 'outage',
      actor: 'kim',
    })
    expect(extended).toEqual({ ...batch, expiresAt: later(3 * HOUR_MS) })
    const [entry, ...more] = await ledger.database.sql`
      select amount::text, batch_id, reason, actor, detail from entries
      where account_id = 'later' and kind = 'extension'`
    expect(more).toEqual([])
    expect(entry).toEqual({
      amount: '10000000',
      batch_id: batch.id,
      reason: 'outage',
      actor: 'kim',
      detail: { from: later(HOUR_MS).toISOString(), to: later(3 * HOUR_MS).toISOString() },
    })
    test.clock.advance(2 * HOUR_MS)
    await ledger.sweep()
    expect(await ledger.batches('later')).toEqual([extended])
    await use('later', '10')
    await expectSound('later')
  })

  it.each<[what: string, input: Partial<ExtendBatchInput>, expiresAt: (now: number) => number | null]>([
    ['a time', { expiresAt: '2030-01-01T00:00:00Z' }, () => Date.UTC(2030, 0)],
    ['never', { never: true }, () => null],
    ['sooner', { expiresIn: '1m' }, (now) => now + 60_000],
  ])('to %s', async (what, input, expiresAt) => {
    const { id } = await grant(`to ${what}`)
    const { expiresAt: to } = await ledger.extendBatch(`to ${what}`, id, { ...input, reason: 'test' })
    expect(to?.getTime() ?? null).toBe(expiresAt(test.clock.now().getTime()))
    expect(await other.batches(`to ${what}`)).toMatchObject([{ expiresAt: to }])
    await expectSound(`to ${what}`)
  })

  it('gives one that never expired an end', async () => {
    const { id } = await ledger.grant('an end', { type: 'paid', amount: '10' })
    await ledger.extendBatch('an end', id, { expiresIn: '1h', reason: 'test' })
    test.clock.advance(HOUR_MS)
    expect(await ledger.balance('an end')).toMatchObject({ settled: 0n })
    await ledger.sweep()
    expect(await ledger.batches('an end', { all: true })).toMatchObject([
      { id, state: 'expired', remaining: 0n },
    ])
    await expectSound('an end')
  })

  it('decides anew whose turn it is', async () => {
    const [first, second] = [await grant('turn'), await grant('turn', '10', '2h')]
    await ledger.extendBatch('turn', first.id, { expiresIn: '3h', reason: 'test' })
    expect((await ledger.batches('turn')).map(({ id }) => id)).toEqual([second.id, first.id])
    expect((await use('turn', '1')).draws).toMatchObject([{ batchId: second.id }])
    await expectSound('turn')
  })

  it('may be of a batch that is used up: what comes back to it is good for longer', async () => {
    const { id } = await grant('used up')
    const charge = await use('used up', '10')
    expect(await ledger.extendBatch('used up', id, { expiresIn: '3h', reason: 'test' })).toMatchObject({
      state: 'depleted',
    })
    test.clock.advance(2 * HOUR_MS)
    const refund = await ledger.refund('used up', charge.id, { reason: 'test' })
    expect(refund.returns).toMatchObject([{ batchId: id, outcome: 'returned' }])
    expect(await ledger.balance('used up')).toMatchObject({ settled: parseAmount('10') })
    await expectSound('used up')
  })

  it('leaves an older hold its right, also where the batch now ends before it', async () => {
    const { id } = await grant('hold')
    const hold = await ledger.authorize('hold', { amount: '10', category: 'LLM', ttl: '5h' })
    await ledger.extendBatch('hold', id, { expiresIn: '1m', reason: 'test' })
    test.clock.advance(HOUR_MS)
    await ledger.sweep()
    const [charge] = await other.capture('hold', hold.id, '10')
    expect(charge).toMatchObject({ debt: 0n, draws: [{ batchId: id }] })
    await expectSound('hold')
  })
})

describe('what another process remembers of the batch', () => {
  it('does not let it refuse what is good for longer', async () => {
    const { id } = await grant('stays')
    await use('stays', '1', other)
    await ledger.extendBatch('stays', id, { expiresIn: '3h', reason: 'test' })
    test.clock.advance(2 * HOUR_MS)
    expect(await use('stays', '9', other)).toMatchObject({ debt: 0n })
  })

  it('does not let it draw on what has ended sooner', async () => {
    const { id } = await grant('ends', '10', '30d')
    await use('ends', '1', other)
    await ledger.extendBatch('ends', id, { expiresIn: '1m', reason: 'test' })
    test.clock.advance(60_000)
    expect(await refusalOf(use('ends', '1', other))).toMatchObject({ code: 'insufficient_credits' })
    await expectSound('ends')
  })

  it('nor this process itself', async () => {
    const { id } = await grant('ends here', '10', '30d')
    await use('ends here', '1')
    await ledger.extendBatch('ends here', id, { expiresIn: '1m', reason: 'test' })
    await use('ends here', '1')
    test.clock.advance(60_000)
    expect(await refusalOf(use('ends here', '1'))).toMatchObject({ code: 'insufficient_credits' })
    await expectSound('ends here')
  })
})

describe('what is refused', () => {
  it('is a batch that has expired, from that instant on, swept or not', async () => {
    const { id } = await grant('expired')
    test.clock.advance(HOUR_MS - 1)
    await ledger.extendBatch('expired', id, { expiresIn: '1h', reason: 'just in time' })
    test.clock.advance(HOUR_MS)
    const before = await digestTables(ledger)
    const extend = () => ledger.extendBatch('expired', id, { expiresIn: '1h', reason: 'too late' })
    const refusal = await refusalOf(extend())
    expect(refusal).toMatchObject({ code: 'batch_expired', data: { batch: id } })
    expect(refusal.message).toContain('Grant')
    expect(await digestTables(ledger)).toEqual(before)
    await ledger.sweep()
    expect(await refusalOf(extend())).toMatchObject({ code: 'batch_expired' })
  })

  it('is a batch that is voided, and one that is none', async () => {
    const { id } = await grant('voided')
    await ledger.void('voided', id, { reason: 'test' })
    const extend = (account: string, batch: string) =>
      refusalOf(ledger.extendBatch(account, batch, { never: true, reason: 'test' }))
    expect(await extend('voided', id)).toMatchObject({ code: 'batch_voided' })
    expect(await extend('someone else', id)).toMatchObject({ code: 'batch_not_found' })
  })

  it.each<[Partial<ExtendBatchInput>, string]>([
    [{}, 'invalid_time'],
    [{ expiresIn: '1h', never: true }, 'invalid_time'],
    [{ expiresIn: '1h', expiresAt: '2030-01-01T00:00:00Z' }, 'invalid_time'],
    [{ expiresAt: '2020-01-01T00:00:00Z' }, 'invalid_time'],
    [{ expiresAt: 'tomorrow' }, 'invalid_time'],
    [{ expiresIn: '-1h' }, 'invalid_duration'],
    [{ never: true, reason: '' }, 'invalid_text'],
  ])('is the input %o', async (input, code) => {
    const { id } = await grant('bad input')
    expect(await refusalOf(ledger.extendBatch('bad input', id, { reason: 'test', ...input }))).toMatchObject({
      code,
    })
  })

  it('is a key that was used for another expiry; the same again replays', async () => {
    const { id } = await grant('key')
    const input = { expiresIn: '3h', reason: 'test', key: 'k' }
    const first = await ledger.extendBatch('key', id, input)
    test.clock.advance(1000)
    expect(await other.extendBatch('key', id, input)).toEqual(first)
    expect(await refusalOf(ledger.extendBatch('key', id, { ...input, expiresIn: '4h' }))).toMatchObject({
      code: 'key_conflict',
    })
    expect(await ledger.batches('key')).toEqual([first])
  })
})
