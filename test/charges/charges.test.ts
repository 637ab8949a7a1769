import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseAmount } from '../../src/amount.ts'
import type { CreditLedger } from '../../src/credits.ts'
import type { Charge, ChargesQuery } from '../../src/types.ts'
import { openTestLedger, refusalOf, type TestLedger } from '../support/ledger.ts'

const HOUR_MS = 3_600_000

let test: TestLedger
let ledger: CreditLedger

beforeAll(async () => {
  test = await openTestLedger()
  ledger = test.ledger
})
afterAll(() => test.close())

async function allCharges(account: string, query: ChargesQuery): Promise<Charge[]> {
  const charges: Charge[] = []
  for (let after: string | undefined; ;) {
    const page = await ledger.charges(account, { ...query, after })
    charges.push(...page.charges)
    expect(page.charges.length).toBeLessThanOrEqual(query.limit ?? 1000)
    if (page.next === null) return charges
    after = page.next
  }
}

const idsOf = (charges: readonly Charge[]): string[] => charges.map(({ id }) => id)

describe('charges', () => {
  it('are listed as they are explained, in the order of their calls', async () => {
    await ledger.grant('acme', { type: 'free', amount: '1', expiresIn: '1d' })
    await ledger.grant('acme', { type: 'paid', amount: '10' })
    await ledger.charge('acme', {
      amount: '1.5',
      category: 'LLM',
      model: 'm',
      agent: 'a',
      tags: { team: 'x' },
    })
    await ledger.charge('acme', { amount: '0.5', category: 'WebSearch', estimated: true, provider: 'exa' })
    const { charges, next } = await ledger.charges('acme')
    expect(next).toBeNull()
    expect(charges).toHaveLength(2)
    for (const charge of charges) {
      const { refunds, repayments, net, ...explained } = await ledger.explain('acme', charge.id)
      expect([refunds, repayments, net]).toEqual([[], [], charge.amount])
      expect(charge).toEqual(explained)
    }
    expect(await ledger.charges('nobody')).toEqual({ charges: [], next: null })
  })

  it('come in pages without a gap or a duplicate, whatever the size', async () => {
    await ledger.grant('pages', { type: 'paid', amount: '100' })
    const made: Charge[] = []
    for (let n = 0; n < 12; n += 1) made.push(await ledger.charge('pages', { amount: '1', category: 'LLM' }))
    for (const limit of [1, 5, 6, 11, 12, 13]) {
      expect(idsOf(await allCharges('pages', { limit }))).toEqual(idsOf(made))
    }
    // A page that is full, and the last one, says so.
    expect((await ledger.charges('pages', { limit: 12 })).next).toBeNull()
    expect((await ledger.charges('pages', { limit: 11 })).next).toBe(made[10]?.id)
  })

  it('are told apart by when they were charged, to the millisecond, also those of a long call', async () => {
    test.clock.set('2026-03-01T00:00:00Z')
    await ledger.grant('time', { type: 'paid', amount: '100' })
    const long = await ledger.authorize('time', { amount: '1', category: 'LLM', ttl: '9d' })
    const early = await ledger.charge('time', { amount: '1', category: 'LLM' })
    test.clock.advance(HOUR_MS)
    const onTime = await ledger.charge('time', { amount: '1', category: 'LLM' })
    test.clock.advance(8 * 24 * HOUR_MS)
    const [late] = await ledger.capture('time', long.id, '1')
    const listed = async (query: ChargesQuery) => idsOf((await ledger.charges('time', query)).charges)
    expect(await listed({ from: '2026-03-01T01:00:00Z' })).toEqual([late!.id, onTime.id])
    expect(await listed({ from: '2026-03-01T01:00:00.001Z' })).toEqual([late!.id])
    expect(await listed({ to: '2026-03-01T01:00:00Z' })).toEqual([early.id])
    expect(await listed({ to: '2026-03-01T01:00:00.001Z' })).toEqual([early.id, onTime.id])
    expect(await listed({ from: '2026-03-01', to: '2026-03-01T00:00:00.001Z' })).toEqual([early.id])
    expect(await listed({ from: '2026-03-02', to: '2026-03-01' })).toEqual([])
    expect(idsOf(await allCharges('time', { from: '2026-03-01T01:00:00Z', limit: 1 }))).toEqual([
      late!.id,
      onTime.id,
    ])
  })

  it('that are written meanwhile neither move nor repeat those that are there', async () => {
    await ledger.grant('busy', { type: 'paid', amount: '1000' })
    const before = await Promise.all(
      Array.from({ length: 40 }, () => ledger.charge('busy', { amount: '1', category: 'LLM' })),
    )
    const another = await test.openAnother()
    let isReading = true
    const written: Charge[] = []
    const writing = (async () => {
      while (isReading) written.push(await another.charge('busy', { amount: '0.1', category: 'LLM' }))
    })()
    const listed: string[] = []
    for (let after: string | undefined; listed.length < 200;) {
      const page = await ledger.charges('busy', { limit: 7, after })
      listed.push(...idsOf(page.charges))
      if (page.next === null) break
      after = page.next
    }
    isReading = false
    await writing
    expect(new Set(listed).size).toBe(listed.length)
    expect(listed).toEqual(listed.toSorted())
    expect(listed).toEqual(expect.arrayContaining(idsOf(before)))
    const all = idsOf(await allCharges('busy', {}))
    expect(all.toSorted()).toEqual(idsOf([...before, ...written]).toSorted())
  })

  it('are refused where the page or the time cannot be', async () => {
    for (const limit of [0, 1001, 1.5]) {
      expect(await refusalOf(ledger.charges('acme', { limit }))).toMatchObject({ code: 'invalid_page' })
    }
    expect(await refusalOf(ledger.charges('acme', { after: 'x' }))).toMatchObject({ code: 'invalid_id' })
    expect(await refusalOf(ledger.charges('acme', { from: '1 May' }))).toMatchObject({ code: 'invalid_time' })
  })
})

describe('the top of usage', () => {
  it('is who used most since a time, refunds taken off, unnamed last among equals', async () => {
    test.clock.set('2026-04-01T09:00:00Z')
    await ledger.grant('top', { type: 'paid', amount: '100' })
    const use = (amount: string, agent?: string) =>
      ledger.charge('top', { amount, category: 'LLM', agent, user: 'u', model: 'm' })
    await use('50', 'old')
    test.clock.set('2026-04-01T10:07:00Z')
    await use('3', 'b')
    await use('2', 'a')
    await use('2', 'a')
    await use('3')
    const big = await use('9', 'c')
    await ledger.refund('top', big.id, { reason: 'x', amount: '8' })
    const row = (name: string | null, charges: number, amount: string) => ({
      name,
      charges,
      amount: parseAmount(amount),
    })
    const from = '2026-04-01T10:10:00Z'
    expect(await ledger.topUsage('top', { from, by: 'agent' })).toEqual([
      row('a', 2, '4'),
      row('b', 1, '3'),
      row(null, 1, '3'),
      row('c', 1, '1'),
    ])
    expect(await ledger.topUsage('top', { from, by: 'agent', limit: 1 })).toEqual([row('a', 2, '4')])
    expect(await ledger.topUsage('top', { from, by: 'user' })).toEqual([row('u', 5, '11')])
    expect(await ledger.topUsage('top', { from: '2026-04-01', by: 'model' })).toEqual([row('m', 6, '61')])
    expect(await ledger.topUsage('nobody', { from, by: 'agent' })).toEqual([])
  })

  it('is refused by what is no name, and in a number that is none', async () => {
    const from = '2026-04-01'
    expect(await refusalOf(ledger.topUsage('top', { from, by: 'day' as 'agent' }))).toMatchObject({
      code: 'invalid_usage_query',
    })
    for (const limit of [0, 101]) {
      expect(await refusalOf(ledger.topUsage('top', { from, by: 'agent', limit }))).toMatchObject({
        code: 'invalid_page',
      })
    }
  })
})
