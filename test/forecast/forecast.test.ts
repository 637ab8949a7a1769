import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DrawableBatch } from '../../src/draw-down.ts'
import { DAY_MS, forecastCredit } from '../../src/forecast/forecast.ts'
import { propertySettings } from '../support/property.ts'

const NOW = Date.parse('2026-01-01T00:00:00Z')
const CREDIT = 1_000_000n

const batchOf = (id: string, fields: Partial<DrawableBatch>): DrawableBatch => ({
  id,
  type: 'paid',
  addedAt: NOW - DAY_MS,
  expiresAt: Number.POSITIVE_INFINITY,
  remaining: 10n * CREDIT,
  ...fields,
})

const inDays = (days: number): number => NOW + days * DAY_MS

const lapsesOf = (batches: readonly DrawableBatch[], perDay: bigint) =>
  forecastCredit(batches, perDay, NOW).lapses.map(({ batch, amount, at }) => [batch.id, amount, at])

describe('a forecast', () => {
  it('divides what there is by the rate', () => {
    expect(forecastCredit([batchOf('a', {})], 2n * CREDIT, NOW)).toEqual({ runsOutAt: inDays(5), lapses: [] })
  })

  it('is rounded up to the millisecond: at that instant nothing is left for certain', () => {
    const { runsOutAt } = forecastCredit([batchOf('a', { remaining: 1n })], 7n, NOW)
    expect(runsOutAt).toBe(NOW + Math.ceil(DAY_MS / 7))
  })

  it('ends where the last credit expires, though more was left', () => {
    const batch = batchOf('a', { expiresAt: inDays(2) })
    expect(forecastCredit([batch], CREDIT, NOW)).toEqual({
      runsOutAt: inDays(2),
      lapses: [{ batch, amount: 8n * CREDIT, at: inDays(2) }],
    })
  })

  it('is now where there is no credit, or none that is unexpired', () => {
    expect(forecastCredit([], 1n, NOW).runsOutAt).toBe(NOW)
    expect(forecastCredit([batchOf('a', { expiresAt: NOW })], 1n, NOW)).toEqual({
      runsOutAt: NOW,
      lapses: [],
    })
  })

  it('has no end where nothing is used, and says all that expires', () => {
    const batches = [batchOf('a', { expiresAt: inDays(3) }), batchOf('b', {})]
    expect(forecastCredit(batches, 0n, NOW).runsOutAt).toBeNull()
    expect(lapsesOf(batches, 0n)).toEqual([['a', 10n * CREDIT, inDays(3)]])
    expect(forecastCredit(batches.slice(0, 1), 0n, NOW).runsOutAt).toBeNull()
  })

  it('has no end beyond ten years', () => {
    expect(forecastCredit([batchOf('a', { remaining: 3654n })], 1n, NOW).runsOutAt).toBeNull()
    expect(forecastCredit([batchOf('a', { remaining: 3653n })], 1n, NOW).runsOutAt).toBe(inDays(3653))
    expect(lapsesOf([batchOf('a', { remaining: 9999n, expiresAt: inDays(3654) })], 1n)).toEqual([])
  })

  it('spends Free before Paid: Paid that expires first lapses behind Free that never does', () => {
    const batches = [
      batchOf('paid', { expiresAt: inDays(4) }),
      batchOf('free', { type: 'free', remaining: 3n * CREDIT }),
    ]
    // Three days of Free, then one of Paid.
    expect(lapsesOf(batches, CREDIT)).toEqual([['paid', 9n * CREDIT, inDays(4)]])
    expect(forecastCredit(batches, CREDIT, NOW).runsOutAt).toBe(inDays(4))
  })

  it('spends the soonest expiry first within a type', () => {
    const batches = [
      batchOf('later', { expiresAt: inDays(20) }),
      batchOf('sooner', { expiresAt: inDays(12) }),
      batchOf('never', {}),
    ]
    // Ten days of each: nothing of the sooner is lost, two of ten of the later are.
    expect(lapsesOf(batches, CREDIT)).toEqual([])
    expect(forecastCredit(batches, CREDIT, NOW).runsOutAt).toBe(inDays(30))
    expect(lapsesOf(batches, CREDIT / 2n)).toEqual([
      ['sooner', 4n * CREDIT, inDays(12)],
      ['later', 6n * CREDIT, inDays(20)],
    ])
  })

  it('tells nothing of a remainder below a micro-credit', () => {
    // 1.5 of 2 micro-credits are used by then.
    expect(lapsesOf([batchOf('a', { remaining: 2n, expiresAt: inDays(1.5) })], 1n)).toEqual([])
  })
})

const HOURS = 3_600_000
/** Few instants and small amounts, so that events coincide and batches are spent at the hour. */
const batches = fc
  .array(
    fc.record({
      type: fc.constantFrom('free' as const, 'paid' as const),
      remaining: fc.oneof(fc.bigInt(0n, 40n), fc.bigInt(0n, 10n ** 13n)),
      addedAt: fc.integer({ min: 0, max: 3 }).map((days) => NOW - days * DAY_MS),
      expiresAt: fc.oneof(
        fc.constant(Number.POSITIVE_INFINITY),
        fc.integer({ min: -2, max: 200 }).map((hours) => NOW + hours * HOURS),
      ),
    }),
    { maxLength: 8 },
  )
  .map((list) => list.map((fields, index) => ({ id: `b${index}`, ...fields })))
const perDay = fc.oneof(fc.bigInt(0n, 60n), fc.bigInt(0n, 10n ** 13n))

const unexpired = (list: readonly DrawableBatch[]) => list.filter(({ expiresAt }) => expiresAt > NOW)
const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n)
const total = (list: readonly DrawableBatch[]): bigint =>
  sum(unexpired(list).map(({ remaining }) => remaining))

/** The slow way: hour by hour, in micro-credits times 24, always from the batch that the words put first. */
function hourByHour(list: readonly DrawableBatch[], rate: bigint, hours: number) {
  const left = new Map(unexpired(list).map((batch) => [batch.id, batch.remaining * 24n]))
  const lapsed = new Map<string, bigint>()
  let emptyAt = left.size === 0 || total(list) === 0n ? 0 : null
  for (let hour = 1; hour <= hours; hour += 1) {
    let wanted = rate
    for (;;) {
      const usable = unexpired(list).filter(
        ({ id, expiresAt }) => left.get(id)! > 0n && expiresAt > NOW + (hour - 1) * HOURS,
      )
      const [first] = usable.toSorted(
        (a, b) =>
          Number(a.type === 'paid') - Number(b.type === 'paid') ||
          (a.expiresAt === b.expiresAt ? 0 : a.expiresAt - b.expiresAt) ||
          a.addedAt - b.addedAt ||
          (a.id < b.id ? -1 : 1),
      )
      if (!first || wanted === 0n) break
      const drawn = left.get(first.id)! < wanted ? left.get(first.id)! : wanted
      left.set(first.id, left.get(first.id)! - drawn)
      wanted -= drawn
    }
    for (const { id, expiresAt } of unexpired(list)) {
      if (expiresAt !== NOW + hour * HOURS) continue
      if (left.get(id)! / 24n > 0n) lapsed.set(id, left.get(id)! / 24n)
      left.set(id, 0n)
    }
    if (emptyAt === null && [...left.values()].every((amount) => amount === 0n)) emptyAt = hour
  }
  return { emptyAt, lapsed: Object.fromEntries(lapsed) }
}

describe('any forecast', () => {
  it('agrees with one that goes hour by hour', () => {
    fc.assert(
      fc.property(batches, perDay, (list, rate) => {
        const { runsOutAt, lapses } = forecastCredit(list, rate, NOW)
        const slow = hourByHour(list, rate, 201)
        expect(Object.fromEntries(lapses.map(({ batch, amount }) => [batch.id, amount]))).toEqual(slow.lapsed)
        if (rate === 0n) expect(runsOutAt).toBeNull()
        else if (slow.emptyAt !== null) {
          expect(Math.ceil((runsOutAt! - NOW) / HOURS)).toBe(slow.emptyAt)
        } else if (runsOutAt !== null) expect(runsOutAt).toBeGreaterThan(NOW + 201 * HOURS)
      }),
      propertySettings({ numRuns: 300 }),
    )
  })

  it('uses, loses and keeps together what there was', () => {
    fc.assert(
      fc.property(batches, fc.bigInt(1n, 10n ** 13n), (list, rate) => {
        const { runsOutAt, lapses } = forecastCredit(list, rate, NOW)
        const lost = sum(lapses.map(({ amount }) => amount))
        const end = runsOutAt ?? NOW + 3653 * DAY_MS
        const wanted = (rate * BigInt(end - NOW)) / BigInt(DAY_MS)
        const gone = total(list) - lost
        if (runsOutAt === null) {
          // As much is used as is wanted; the rest is kept.
          expect(gone).toBeGreaterThanOrEqual(wanted)
        } else {
          // All that is not lost is used; the last millisecond and each remainder are rounded.
          expect(gone).toBeLessThanOrEqual(wanted + BigInt(list.length))
          expect(gone).toBeGreaterThanOrEqual(wanted - rate / BigInt(DAY_MS) - 1n)
        }
        for (const { batch, amount } of lapses) {
          expect(amount).toBeGreaterThan(0n)
          expect(amount).toBeLessThanOrEqual(batch.remaining)
        }
      }),
      propertySettings({ numRuns: 300 }),
    )
  })

  it('is the same in another unit', () => {
    fc.assert(
      fc.property(batches, perDay, fc.bigInt(2n, 1_000n), (list, rate, factor) => {
        const scaled = list.map((batch) => ({ ...batch, remaining: batch.remaining * factor }))
        const one = forecastCredit(list, rate, NOW)
        const other = forecastCredit(scaled, rate * factor, NOW)
        expect(other.runsOutAt).toBe(one.runsOutAt)
        const roundedDown = other.lapses
          .map(({ batch, amount }) => [batch.id, amount / factor] as const)
          .filter(([, amount]) => amount > 0n)
        expect(roundedDown).toEqual(one.lapses.map(({ batch, amount }) => [batch.id, amount]))
      }),
      propertySettings({ numRuns: 300 }),
    )
  })

  it('never ends later, nor loses more, where more is used', () => {
    fc.assert(
      fc.property(batches, perDay, perDay, (list, rate, more) => {
        const slow = forecastCredit(list, rate, NOW)
        const fast = forecastCredit(list, rate + more, NOW)
        expect(fast.runsOutAt ?? Infinity).toBeLessThanOrEqual(slow.runsOutAt ?? Infinity)
        const lost = ({ lapses }: typeof slow) => sum(lapses.map(({ amount }) => amount))
        expect(lost(fast)).toBeLessThanOrEqual(lost(slow))
      }),
      propertySettings({ numRuns: 300 }),
    )
  })

  it('does not depend on the order in which batches are given', () => {
    fc.assert(
      fc.property(batches, perDay, fc.infiniteStream(fc.nat()), (list, rate, keys) => {
        const shuffled = list
          .map((batch) => ({ batch, key: keys.next().value as number }))
          .toSorted((a, b) => a.key - b.key)
          .map(({ batch }) => batch)
        expect(forecastCredit(shuffled, rate, NOW)).toEqual(forecastCredit(list, rate, NOW))
      }),
      propertySettings({ numRuns: 100 }),
    )
  })
})
