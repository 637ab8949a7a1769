import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseAmount } from '../../src/amount.ts'
import type { CreditLedger } from '../../src/credits.ts'
import type { VoidInput } from '../../src/types.ts'
import { digestTables, openTestLedger, refusalOf, type TestLedger } from '../support/ledger.ts'

let test: TestLedger
let ledger: CreditLedger
let other: CreditLedger

beforeAll(async () => {
  test = await openTestLedger()
  ledger = test.ledger
  other = await test.openAnother()
})
afterAll(() => test.close())

const grant = (account: string, amount = '100') => ledger.grant(account, { type: 'paid', amount })
const use = (account: string, amount: string, of = ledger) => of.charge(account, { amount, category: 'LLM' })

const voidEntries = async (account: string) =>
  ledger.database.sql`
    select amount::text, reason, actor from entries where account_id = ${account} and kind = 'void' order by id`

async function expectSound(account: string): Promise<void> {
  expect(await ledger.audit(account)).toMatchObject({ ok: true, divergences: [] })
}

describe('a part of a batch', () => {
  it('is voided, and the rest stays', async () => {
    const { id } = await grant('part')
    await use('part', '30')
    const batch = await ledger.void('part', id, { amount: '20', reason: 'half a refund', actor: 'kim' })
    expect(batch).toMatchObject({
      id,
      allocated: parseAmount('100'),
      remaining: parseAmount('50'),
      state: 'active',
    })
    expect(await ledger.balance('part')).toMatchObject({ settled: parseAmount('50') })
    expect(await voidEntries('part')).toEqual([{ amount: '20000000', reason: 'half a refund', actor: 'kim' }])
    const charge = await use('part', '50')
    expect(charge.draws).toEqual([{ batchId: id, type: 'paid', amount: parseAmount('50') }])
    await expectSound('part')
  })

  it('may be all that remains, which closes nothing: a refund can still come back', async () => {
    const { id } = await grant('all of it')
    const charge = await use('all of it', '30')
    const batch = await ledger.void('all of it', id, { amount: '70', reason: 'test' })
    expect(batch).toMatchObject({ remaining: 0n, state: 'depleted' })
    const refund = await ledger.refund('all of it', charge.id, { reason: 'test' })
    expect(refund.returns).toMatchObject([{ batchId: id, outcome: 'returned' }])
    expect(await ledger.void('all of it', id, { reason: 'the rest' })).toMatchObject({ state: 'voided' })
    await expectSound('all of it')
  })

  it('is no more than remains', async () => {
    const { id } = await grant('too much')
    await use('too much', '30')
    const before = await digestTables(ledger)
    const refusal = await refusalOf(ledger.void('too much', id, { amount: '70.000001', reason: 'test' }))
    expect(refusal).toMatchObject({ code: 'void_exceeds_batch', data: { batch: id, remaining: '70' } })
    expect(await digestTables(ledger)).toEqual(before)
  })

  it('is not voided in a batch that is voided', async () => {
    const { id } = await grant('closed')
    await ledger.void('closed', id, { reason: 'test' })
    const refusal = await refusalOf(ledger.void('closed', id, { amount: '1', reason: 'test' }))
    expect(refusal.code).toBe('batch_voided')
  })

  it('is voided in an expired batch too, of what was left to a hold', async () => {
    const { id } = await ledger.grant('late', { type: 'free', amount: '10', expiresIn: '1h' })
    await ledger.authorize('late', { amount: '6', category: 'LLM', ttl: '2h' })
    test.clock.advance(3_600_000)
    await ledger.sweep()
    const batch = await ledger.void('late', id, { amount: '2', reason: 'test' })
    expect(batch).toMatchObject({ remaining: parseAmount('4'), state: 'expired' })
    expect(await ledger.balance('late')).toMatchObject({ settled: 0n, held: parseAmount('6') })
    await expectSound('late')
  })
})

describe('until a total', () => {
  it('voids what is missing to it, and nothing where it was reached', async () => {
    const { id } = await grant('total')
    const upTo = async (total: string, key: string) =>
      (await ledger.void('total', id, { total, reason: 'refunded', key })).remaining
    expect(await upTo('30', 'a')).toBe(parseAmount('70'))
    expect(await upTo('30', 'b')).toBe(parseAmount('70'))
    expect(await upTo('20', 'c')).toBe(parseAmount('70'))
    expect(await upTo('0', 'd')).toBe(parseAmount('70'))
    await ledger.void('total', id, { amount: '5', reason: 'counts as well' })
    expect(await upTo('50', 'e')).toBe(parseAmount('50'))
    expect(await voidEntries('total')).toMatchObject([
      { amount: '30000000' },
      { amount: '5000000' },
      { amount: '15000000' },
    ])
    await expectSound('total')
  })

  it('voids no more than remains', async () => {
    const { id } = await grant('used')
    await use('used', '80')
    const batch = await ledger.void('used', id, { total: '50', reason: 'refunded' })
    expect(batch).toMatchObject({ remaining: 0n, state: 'depleted' })
    await expectSound('used')
  })

  it('is no mistake in a batch that is voided', async () => {
    const { id } = await grant('gone')
    const closed = await ledger.void('gone', id, { reason: 'test' })
    expect(await ledger.void('gone', id, { total: '200', reason: 'test' })).toEqual(closed)
    await expectSound('gone')
  })

  it('is reached once by many who ask at the same time, while calls go on', async () => {
    const { id } = await grant('busy')
    const totals = ['10', '40', '20', '40', '30', '40']
    await Promise.all([
      ...totals.map((total, n) =>
        (n % 2 === 0 ? ledger : other).void('busy', id, { total, reason: 'test', key: `k${n}` }),
      ),
      ...Array.from({ length: 30 }, (_, n) => use('busy', '1', n % 2 === 0 ? ledger : other)),
    ])
    expect(await ledger.balance('busy')).toMatchObject({ settled: parseAmount('30') })
    const [sum] = await ledger.database.sql`
      select sum(amount)::text as voided from entries where account_id = 'busy' and kind = 'void'`
    expect(sum).toEqual({ voided: '40000000' })
    await expectSound('busy')
  })
})

describe('a key', () => {
  it.each<[string, Partial<VoidInput>, Partial<VoidInput>]>([
    ['an amount', { amount: '10' }, { amount: '11' }],
    ['a total', { total: '10' }, { total: '11' }],
    ['all', {}, { amount: '10' }],
    ['an amount and not for a total', { amount: '10' }, { total: '10' }],
  ])('voids once, for %s', async (what, input, another) => {
    const account = `key of ${what}`
    const { id } = await grant(account)
    const first = await ledger.void(account, id, { ...input, reason: 'test', key: 'k' })
    await grant(account, '1')
    expect(await other.void(account, id, { ...input, reason: 'test', key: 'k' })).toEqual(first)
    const conflict = await refusalOf(ledger.void(account, id, { ...another, reason: 'test', key: 'k' }))
    expect(conflict.code).toBe('key_conflict')
    expect(await voidEntries(account)).toHaveLength(1)
  })
})

it.each<[Partial<VoidInput>, string]>([
  [{ amount: '1', total: '1' }, 'invalid_amount'],
  [{ amount: '0' }, 'invalid_amount'],
  [{ amount: '-1' }, 'invalid_amount'],
  [{ total: '-1' }, 'invalid_amount'],
  [{ amount: '0.0000001' }, 'invalid_amount'],
])('refuses to void %o', async (input, code) => {
  const { id } = await grant(`bad input ${JSON.stringify(input)}`)
  const refusal = await refusalOf(
    ledger.void(`bad input ${JSON.stringify(input)}`, id, { ...input, reason: 'test' }),
  )
  expect(refusal.code).toBe(code)
})
