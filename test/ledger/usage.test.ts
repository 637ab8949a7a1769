import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseAmount } from '../../src/amount.ts'
import type { CreditLedger } from '../../src/credits.ts'
import type { Attribution, Category } from '../../src/types.ts'
import { dayOf, sortUsage } from '../model/reads.ts'
import { openTestLedger, type TestLedger } from '../support/ledger.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

let test: TestLedger
let ledger: CreditLedger

beforeAll(async () => {
  test = await openTestLedger()
  ledger = test.ledger
})
afterAll(() => test.close())

const chargeAt = async (
  at: string,
  account: string,
  amount: string,
  attribution: Attribution = {},
  category: Category = 'LLM',
) => {
  test.clock.set(at)
  return ledger.charge(account, { amount, category, ...attribution })
}

describe('usage', () => {
  it('is split by what is asked for, charges less refunds, and unset is null', async () => {
    test.clock.set('2026-03-01T10:00:00Z')
    await ledger.grant('split', { type: 'paid', amount: '100' })
    const at = '2026-03-01T10:00:00Z'
    await chargeAt(at, 'split', '1', { model: 'm1', agent: 'a1', user: 'u1' })
    await chargeAt(at, 'split', '2', { model: 'm1', agent: 'a2' })
    const search = await chargeAt(at, 'split', '4', { agent: 'a1', user: 'u1' }, 'WebSearch')
    await chargeAt('2026-03-02T10:00:00Z', 'split', '8', { model: 'm2', user: 'u2' }, 'SpeechToText')
    test.clock.set('2026-03-05T00:00:00Z')
    await ledger.refund('split', search.id, { amount: '1.5', reason: 'x' })

    const by = async (...dimensions: ('category' | 'model' | 'agent' | 'user' | 'day')[]) =>
      sortUsage(await ledger.usage('split', { by: dimensions }))
    const row = (dimensions: object, charges: number, amount: string) => ({
      ...dimensions,
      charges,
      amount: parseAmount(amount),
    })
    const sorted = (...rows: ReturnType<typeof row>[]) => sortUsage(rows)
    expect(await by('category')).toEqual(
      sorted(
        row({ category: 'LLM' }, 2, '3'),
        row({ category: 'SpeechToText' }, 1, '8'),
        row({ category: 'WebSearch' }, 1, '2.5'),
      ),
    )
    expect(await by('model')).toEqual(
      sorted(row({ model: null }, 1, '2.5'), row({ model: 'm1' }, 2, '3'), row({ model: 'm2' }, 1, '8')),
    )
    expect(await by('agent')).toEqual(
      sorted(row({ agent: null }, 1, '8'), row({ agent: 'a1' }, 2, '3.5'), row({ agent: 'a2' }, 1, '2')),
    )
    expect(await by('user')).toEqual(
      sorted(row({ user: null }, 1, '2'), row({ user: 'u1' }, 2, '3.5'), row({ user: 'u2' }, 1, '8')),
    )
    // The refund of the 5th is taken off the day of its charge.
    expect(await by('day')).toEqual(
      sorted(row({ day: '2026-03-01' }, 3, '5.5'), row({ day: '2026-03-02' }, 1, '8')),
    )
    expect(await by('user', 'category')).toEqual(
      sorted(
        row({ user: null, category: 'LLM' }, 1, '2'),
        row({ user: 'u1', category: 'LLM' }, 1, '1'),
        row({ user: 'u1', category: 'WebSearch' }, 1, '2.5'),
        row({ user: 'u2', category: 'SpeechToText' }, 1, '8'),
      ),
    )
  })

  it('is by category over the last 30 days when nothing else is asked for', async () => {
    test.clock.set('2026-04-01T00:00:00Z')
    await ledger.grant('default', { type: 'paid', amount: '100' })
    await chargeAt('2026-04-01T00:00:00Z', 'default', '1')
    await chargeAt('2026-04-20T00:00:00Z', 'default', '2')
    test.clock.set('2026-05-01T00:14:00Z')
    expect(await ledger.usage('default')).toEqual([{ category: 'LLM', charges: 2, amount: parseAmount('3') }])
    test.clock.set('2026-05-01T00:15:00Z')
    expect(await ledger.usage('default')).toEqual([{ category: 'LLM', charges: 1, amount: parseAmount('2') }])
  })

  it('begins and ends on quarters of an hour: `from` is rounded down and `to` up', async () => {
    test.clock.set('2026-06-01T09:00:00Z')
    await ledger.grant('quarters', { type: 'paid', amount: '100' })
    await chargeAt('2026-06-01T09:59:59.999Z', 'quarters', '1')
    await chargeAt('2026-06-01T10:00:00Z', 'quarters', '2')
    await chargeAt('2026-06-01T10:14:59.999Z', 'quarters', '4')
    await chargeAt('2026-06-01T10:15:00Z', 'quarters', '8')
    const total = async (from: string, to: string) =>
      (await ledger.usage('quarters', { from, to }))[0]?.amount
    expect(await total('2026-06-01T10:00:00Z', '2026-06-01T10:15:00Z')).toBe(parseAmount('6'))
    expect(await total('2026-06-01T10:07:00Z', '2026-06-01T10:08:00Z')).toBe(parseAmount('6'))
    expect(await total('2026-06-01T10:00:00Z', '2026-06-01T10:15:01Z')).toBe(parseAmount('14'))
    expect(await total('2026-06-01T09:59:59Z', '2026-06-01T10:15:00Z')).toBe(parseAmount('7'))
    expect(await total('2026-06-01T10:00:00+02:00', '2026-06-01T11:00:00+02:00')).toBeUndefined()
  })

  it('of an account is not that of another', async () => {
    test.clock.set('2026-06-02T00:00:00Z')
    await ledger.grant('mine', { type: 'paid', amount: '10' })
    await ledger.charge('mine', { amount: '1', category: 'LLM', user: 'U1' })
    expect(await ledger.usage('mine ', { by: ['user'] })).toEqual([])
    expect(await ledger.usage('Mine', { by: ['user'] })).toEqual([])
  })
})

/** Each with a day that is not 24 hours long, or that begins off the hour in UTC. */
const ZONES: [timeZone: string, from: string][] = [
  ['UTC', '2026-03-07T00:00:00Z'],
  ['Asia/Kathmandu', '2026-03-07T00:00:00Z'],
  ['Australia/Eucla', '2026-03-07T00:00:00Z'],
  // Clocks go forward on 8 March and back on 1 November 2026, half an hour off the hour in UTC.
  ['America/St_Johns', '2026-03-07T00:00:00Z'],
  ['America/St_Johns', '2026-10-31T00:00:00Z'],
  // By half an hour only: on 5 April and 4 October 2026.
  ['Australia/Lord_Howe', '2026-04-04T00:00:00Z'],
  ['Australia/Lord_Howe', '2026-10-03T00:00:00Z'],
  // 14 hours ahead of UTC.
  ['Pacific/Kiritimati', '2026-03-07T00:00:00Z'],
]

describe('usage by day', () => {
  it.each(ZONES)('has the days of a wall calendar in %s from %s on', async (timeZone, from) => {
    const account = `${timeZone} ${from}`
    test.clock.set(from)
    await ledger.grant(account, { type: 'paid', amount: '1000' })
    const expected = new Map<string, number>()
    // Over two midnights and a change of the clocks, at the first and the last millisecond of each half hour.
    for (let offset = 0; offset < 60 * HOUR_MS; offset += 30 * MINUTE_MS) {
      for (const instant of [offset, offset + 30 * MINUTE_MS - 1]) {
        const at = new Date(new Date(from).getTime() + instant)
        test.clock.set(at)
        await ledger.charge(account, { amount: '1', category: 'LLM' })
        const day = dayOf(at.getTime(), timeZone)
        expected.set(day, (expected.get(day) ?? 0) + 1)
      }
    }
    const to = new Date(test.clock.now().getTime() + 1)
    expect(await ledger.usage(account, { from, to, by: ['day'], timeZone })).toEqual(
      [...expected].map(([day, charges]) => ({ day, charges, amount: parseAmount(`${charges}`) })),
    )
  })
})
