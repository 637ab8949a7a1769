import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_CREDITS } from '../../src/amount.ts'
import { compareDrawDown, type DrawableBatch, drawDown } from '../../src/draw-down.ts'
import { BATCH_TYPES } from '../../src/types.ts'
import { inDrawDownOrder } from '../model/draw-down.ts'
import { propertySettings } from '../support/property.ts'

/** Few instants and few ids, so that batches tie in all ways that they can. */
const instant = fc.integer({ min: 0, max: 6 })
const someId = fc
  .integer({ min: 0, max: 15 })
  .map((n) => `00000000-0000-7000-8000-00000000000${n.toString(16)}`)
const amount = fc.oneof(
  { weight: 4, arbitrary: fc.bigInt({ min: 0n, max: 30n }) },
  { weight: 1, arbitrary: fc.bigInt({ min: 0n, max: MAX_CREDITS }) },
)
const anyBatch: fc.Arbitrary<DrawableBatch> = fc.record({
  id: someId,
  type: fc.constantFrom(...BATCH_TYPES),
  addedAt: instant,
  expiresAt: fc.oneof(instant, fc.constant(Number.POSITIVE_INFINITY)),
  remaining: amount,
})
const ordered = fc
  .uniqueArray(anyBatch, { selector: ({ id }) => id, maxLength: 12 })
  .map((batches) => batches.toSorted(compareDrawDown))

const sum = (amounts: readonly bigint[]) => amounts.reduce((total, each) => total + each, 0n)

const check = <T>(arbitrary: fc.Arbitrary<T>, predicate: (value: T) => void): void =>
  fc.assert(fc.property(arbitrary, predicate), propertySettings<[T]>({ numRuns: 500 }))

describe('the draw-down', () => {
  it('conserves: draws and shortfall are the amount, and no batch gives more than it has', () => {
    check(fc.tuple(ordered, amount, instant), ([batches, wanted, at]) => {
      const { draws, shortfall } = drawDown(batches, wanted, at)
      expect(sum(draws.map((draw) => draw.amount)) + shortfall).toBe(wanted)
      expect(shortfall).toBeGreaterThanOrEqual(0n)
      for (const draw of draws) {
        expect(draw.amount).toBeGreaterThan(0n)
        expect(draw.amount).toBeLessThanOrEqual(draw.batch.remaining)
      }
      expect(new Set(draws.map((draw) => draw.batch.id)).size).toBe(draws.length)
    })
  })

  it('empties each batch before the next, and all of them before anything is short', () => {
    check(fc.tuple(ordered, amount, instant), ([batches, wanted, at]) => {
      const { draws, shortfall } = drawDown(batches, wanted, at)
      const usable = batches.filter(({ expiresAt, remaining }) => expiresAt > at && remaining > 0n)
      expect(draws.map((draw) => draw.batch)).toEqual(usable.slice(0, draws.length))
      const emptied = shortfall > 0n ? draws : draws.slice(0, -1)
      for (const draw of emptied) expect(draw.amount).toBe(draw.batch.remaining)
      expect(shortfall === 0n || draws.length === usable.length).toBe(true)
    })
  })

  it('never draws on a batch from the instant of its expiry on', () => {
    check(fc.tuple(ordered, amount, instant), ([batches, wanted, at]) => {
      for (const { batch } of drawDown(batches, wanted, at).draws) expect(batch.expiresAt).toBeGreaterThan(at)
    })
  })

  it('gives a hold what was good when it was authorised, and no more than that', () => {
    check(fc.tuple(ordered, amount, instant, instant), ([batches, wanted, at, heldSince]) => {
      const drawn = drawDown(batches, wanted, at, heldSince)
      const good = batches.filter(
        (batch) => batch.expiresAt > at || (batch.addedAt <= heldSince && batch.expiresAt > heldSince),
      )
      expect(drawn).toEqual(drawDown(good, wanted, Number.NEGATIVE_INFINITY))
    })
  })

  it('takes the same in two steps as in one', () => {
    check(fc.tuple(ordered, amount, amount, instant), ([batches, first, second, at]) => {
      const one = drawDown(batches, first + second, at)
      const step = drawDown(batches, first, at)
      const taken = new Map(step.draws.map((draw) => [draw.batch.id, draw.amount]))
      const left = batches.map((each) => ({
        ...each,
        remaining: each.remaining - (taken.get(each.id) ?? 0n),
      }))
      const next = drawDown(left, second, at)
      for (const draw of next.draws) taken.set(draw.batch.id, (taken.get(draw.batch.id) ?? 0n) + draw.amount)
      expect(taken).toEqual(new Map(one.draws.map((draw) => [draw.batch.id, draw.amount])))
      expect(step.shortfall + next.shortfall).toBe(one.shortfall)
    })
  })

  it('leaves its input as it was', () => {
    check(fc.tuple(ordered, amount, instant), ([batches, wanted, at]) => {
      const before = structuredClone(batches)
      drawDown(Object.freeze(batches.map((each) => Object.freeze(each))), wanted, at)
      expect(batches).toEqual(before)
    })
  })
})

describe('the order of batches', () => {
  it('is the one of the reference ledger, wherever they began', () => {
    const unordered = fc.uniqueArray(anyBatch, { selector: ({ id }) => id, maxLength: 12 })
    check(unordered, (batches) => {
      const unread = {
        source: 'top_up',
        allocated: 1n,
        expired: 0n,
        voided: 0n,
        isVoided: false,
        note: null,
      } as const
      const expected = inDrawDownOrder(batches.map((each) => ({ ...each, ...unread })))
      expect(batches.toSorted(compareDrawDown).map(({ id }) => id)).toEqual(expected.map(({ id }) => id))
    })
  })

  it('is total: two batches tie only if they are one', () => {
    check(fc.tuple(anyBatch, anyBatch), ([a, b]) => {
      expect(Math.sign(compareDrawDown(a, b))).toBe(-Math.sign(compareDrawDown(b, a)) + 0)
      expect(compareDrawDown(a, b) === 0 && a.id !== b.id).toBe(false)
    })
  })

  it('puts Free before Paid, then the soonest expiry, then the oldest, then the lowest id', () => {
    const make = (n: number, type: 'free' | 'paid', expiresAt: number, addedAt: number): DrawableBatch => ({
      id: `00000000-0000-7000-8000-00000000000${n}`,
      type,
      addedAt,
      expiresAt,
      remaining: 1n,
    })
    const never = Number.POSITIVE_INFINITY
    const inOrder = [
      make(9, 'free', 10, 5),
      make(8, 'free', 20, 1),
      make(6, 'free', 20, 2),
      make(7, 'free', 20, 2),
      make(5, 'free', never, 0),
      make(4, 'paid', 1, 0),
      make(3, 'paid', never, 0),
    ]
    expect(inOrder.toReversed().toSorted(compareDrawDown)).toEqual(inOrder)
  })
})
