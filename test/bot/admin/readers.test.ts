import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readThreshold } from '../../../bot/admin/alert-threshold.ts'
import { expiryFrom, expiryInput, readExpiry } from '../../../bot/admin/expiry.ts'
import { formatAmount, micro } from '../../../src/index.ts'
import { propertySettings } from '../../support/property.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const NOW = new Date('2026-11-22T10:00:00Z')

describe('an expiry', () => {
  it.each<[string, string | null]>([
    ['30d', '2026-12-22T10:00:00.000Z'],
    ['2 Weeks', '2026-12-06T10:00:00.000Z'],
    ['1.5h', '2026-11-22T11:30:00.000Z'],
    ['2027-01-31', '2027-01-31T00:00:00.000Z'],
    ['2027-01-31t12:00:00+02:00', '2027-01-31T10:00:00.000Z'],
    ['Never', null],
  ])('%s is %s', (text, at) => {
    expect(expiryFrom(readExpiry(text), NOW)?.toISOString() ?? null).toBe(at)
  })

  it('is not to be past when it is shown what would happen', () => {
    expect(() => expiryFrom(readExpiry('2026-11-22T10:00:00Z'), NOW)).toThrow(/is past: give a later expiry/)
    expect(expiryFrom(readExpiry('2026-11-22T10:00:01Z'), NOW)?.getTime()).toBe(NOW.getTime() + 1000)
  })

  it('goes into the ledger as a time from the click on, or as an instant', () => {
    expect(expiryInput(readExpiry('30d'))).toEqual({ expiresIn: 30 * DAY_MS })
    expect(expiryInput(readExpiry('2027-01-31'))).toEqual({ expiresAt: new Date('2027-01-31') })
    expect(expiryInput('never')).toEqual({})
  })

  it.each([
    ['30'],
    [''],
    ['d'],
    ['30 d d'],
    ['soon'],
    ['31/01/2027'],
    ['2027-1-3'],
    ['0d'],
    ['-1d'],
    ['11y'],
  ])('%j is none', (text) => {
    expect(() => readExpiry(text)).toThrow(/^Invalid expiry .* such as /)
  })
})

describe('a threshold', () => {
  it.each([
    ['50', { amount: 50_000_000n, percent: 0 }],
    ['20%', { amount: null, percent: 20 }],
    ['50 20%', { amount: 50_000_000n, percent: 20 }],
    ['20%  50', { amount: 50_000_000n, percent: 20 }],
    ['default', { amount: null, percent: null }],
    ['OFF', { amount: null, percent: 0 }],
  ])('%s', (text, threshold) => {
    expect(readThreshold(text)).toEqual(threshold)
  })

  it.each([[''], ['0'], ['0%'], ['101%'], ['2.5%'], ['%'], ['50 50'], ['5% 5%'], ['default 5'], ['1 2 3']])(
    '%j is none',
    (text) => {
      expect(() => readThreshold(text)).toThrow(/threshold/)
    },
  )

  it('is read as it was written, with all its digits', () => {
    const amount = fc.bigInt({ min: 1n, max: 10n ** 15n }).map(micro)
    fc.assert(
      fc.property(amount, fc.integer({ min: 1, max: 100 }), (credits, percent) => {
        expect(readThreshold(`${formatAmount(credits)} ${percent}%`)).toEqual({ amount: credits, percent })
      }),
      propertySettings({ numRuns: 100 }),
    )
  })
})
