import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  alertBaseAfterGrant,
  type AlertLevel,
  alertLevel,
  alertLine,
  alertPercent,
  type AlertTerms,
} from '../src/alert-line.ts'
import { propertySettings } from './support/property.ts'

const LEVELS = [0, 1, 2, 3] as const

const level = fc.constantFrom<AlertLevel>(...LEVELS)
const terms: fc.Arbitrary<AlertTerms> = fc.record({
  amount: fc.option(fc.bigInt({ min: 1n, max: 400n })),
  percent: fc.option(fc.integer({ min: 0, max: 100 })),
  base: fc.bigInt({ min: 0n, max: 2_000n }),
})
const settled = fc.bigInt({ min: -50n, max: 600n })

/** The rule once more, in numbers and the other way round: the worst level whose bound the balance has not reached. */
function levelInNumbers(credit: bigint, line: bigint, factor: number): AlertLevel {
  const bounds: [AlertLevel, number][] = [
    [2, (Number(line) / 4) * factor],
    [1, Number(line) * factor],
  ]
  if (credit <= 0n) return 3
  return bounds.find(([, bound]) => Number(credit) < bound)?.[0] ?? 0
}

/** Neither a line nor ever any credit: there is nothing to be low on. */
const isUnknown = (credit: bigint, { amount, base }: AlertTerms) =>
  credit === 0n && amount === null && base === 0n

describe('how low a balance is', () => {
  it('is what the bounds say, at once where it is worse', () => {
    fc.assert(
      fc.property(settled, terms, level, (credit, given, before) => {
        fc.pre(!isUnknown(credit, given))
        const now = levelInNumbers(credit, alertLine(given), 1)
        const after = alertLevel(credit, given, before)
        expect(after).toBeGreaterThanOrEqual(now)
        if (now >= before) expect(after).toBe(now)
      }),
      propertySettings({ numRuns: 2_000 }),
    )
  })

  it('gets better only a tenth above the bound that it was under, or with all that was granted', () => {
    fc.assert(
      fc.property(settled, terms, level, (credit, given, before) => {
        fc.pre(!isUnknown(credit, given))
        const line = alertLine(given)
        // Elevenths of whole numbers: exact enough to be compared, but not where it is equal.
        fc.pre(credit * 10n !== line * 11n && credit * 40n !== line * 11n)
        const after = alertLevel(credit, given, before)
        const isAll = credit > 0n && credit >= given.base && given.base >= line
        if (after < before) expect(after).toBe(isAll ? 0 : levelInNumbers(credit, line, 1.1))
      }),
      propertySettings({ numRuns: 2_000 }),
    )
  })

  it('stays as it is when it is asked again', () => {
    fc.assert(
      fc.property(settled, terms, level, (credit, given, before) => {
        const once = alertLevel(credit, given, before)
        expect(alertLevel(credit, given, once)).toBe(once)
      }),
      propertySettings({ numRuns: 2_000 }),
    )
  })

  it('is never better for less credit', () => {
    fc.assert(
      fc.property(settled, settled, terms, level, (one, other, given, before) => {
        fc.pre(!isUnknown(one, given) && !isUnknown(other, given))
        const [less, more] = one < other ? [one, other] : [other, one]
        expect(alertLevel(less, given, before)).toBeGreaterThanOrEqual(alertLevel(more, given, before))
      }),
      propertySettings({ numRuns: 2_000 }),
    )
  })

  it('changes at most once while the balance wanders about the line', () => {
    const line = 100n
    const walk = fc.array(fc.bigInt({ min: 26n, max: 109n }), { minLength: 1, maxLength: 50 })
    fc.assert(
      fc.property(walk, (balances) => {
        let before: AlertLevel = 0
        let changes = 0
        for (const balance of balances) {
          const after = alertLevel(balance, { amount: line, percent: null, base: 0n }, before)
          if (after !== before) changes += 1
          before = after
        }
        expect(changes).toBe(balances.some((balance) => balance < line) ? 1 : 0)
      }),
      propertySettings({ numRuns: 500 }),
    )
  })

  it.each<[what: string, credit: bigint, before: AlertLevel, after: AlertLevel]>([
    ['the line is not below it', 200n, 0, 0],
    ['just below the line', 199n, 0, 1],
    ['a quarter of it is not below that', 50n, 0, 1],
    ['just below a quarter', 49n, 1, 2],
    ['the last of it', 1n, 2, 2],
    ['nothing', 0n, 2, 3],
    ['debt', -1n, 0, 3],
    ['something again, but little', 54n, 3, 2],
    ['a tenth above the quarter', 55n, 3, 1],
    ['back at the line', 200n, 1, 1],
    ['nearly a tenth above it', 219n, 1, 1],
    ['a tenth above it', 220n, 1, 0],
    ['all at once', 220n, 3, 0],
  ])('of 1,000 granted: %s', (_, credit, before, after) => {
    expect(alertLevel(credit, { amount: null, percent: null, base: 1_000n }, before)).toBe(after)
  })

  it.each<[what: string, credit: bigint, before: AlertLevel, after: AlertLevel]>([
    ['is fine with nothing', 0n, 0, 0],
    ['is empty with debt', -1n, 0, 3],
    ['is fine again when its debt is gone', 0n, 3, 0],
    ['is fine with anything', 1n, 0, 0],
  ])('an account that was never granted anything and has no line %s', (_, credit, before, after) => {
    expect(alertLevel(credit, { amount: null, percent: null, base: 0n }, before)).toBe(after)
  })

  it('is empty without credit where a percentage of 0 sets no line', () => {
    const given = { amount: null, percent: 0, base: 1_000n }
    expect(alertLevel(1n, given, 0)).toBe(0)
    expect(alertLevel(0n, given, 0)).toBe(3)
    expect(alertLevel(1n, given, 3)).toBe(0)
  })
})

describe('the line', () => {
  it.each<[AlertTerms, percent: number, line: bigint]>([
    [{ amount: null, percent: null, base: 1_000n }, 20, 200n],
    [{ amount: null, percent: 5, base: 1_000n }, 5, 50n],
    [{ amount: 70n, percent: null, base: 1_000n }, 0, 70n],
    [{ amount: 70n, percent: 5, base: 1_000n }, 5, 70n],
    [{ amount: 70n, percent: 10, base: 1_000n }, 10, 100n],
    [{ amount: null, percent: 33, base: 10n }, 33, 3n],
  ])('of %o is at %d % and %d', (given, percent, line) => {
    expect(alertPercent(given)).toBe(percent)
    expect(alertLine(given)).toBe(line)
  })
})

describe('what the percentage is of, after a grant', () => {
  const given = { amount: null, percent: null, base: 1_000n }

  it.each([
    ['what there is then', 1_200n, 1_200n],
    ['what there is then, although it is less than before', 220n, 220n],
    ['as before where the grant leaves it low', 219n, 1_000n],
    ['as before where the grant only repays', 0n, 1_000n],
    ['as before where debt is left', -10n, 1_000n],
  ])('is %s', (_, credit, base) => {
    expect(alertBaseAfterGrant(credit, given)).toBe(base)
  })

  it('is of the first grant for a new account, and of no grant that leaves it low', () => {
    expect(alertBaseAfterGrant(5n, { ...given, base: 0n })).toBe(5n)
    expect(alertBaseAfterGrant(5n, { amount: 10n, percent: null, base: 0n })).toBe(0n)
  })

  it('leaves no account low that it counts for, at whichever percentage', () => {
    fc.assert(
      fc.property(settled, terms, level, (credit, given, before) => {
        const base = alertBaseAfterGrant(credit, given)
        if (base !== given.base) expect(alertLevel(credit, { ...given, base }, before)).toBe(0)
      }),
      propertySettings({ numRuns: 2_000 }),
    )
  })
})
