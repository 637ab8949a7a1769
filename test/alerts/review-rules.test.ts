import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { micro, parseAmount } from '../../src/amount.ts'
import { planReview, type ReviewedAccount, type ReviewPlan } from '../../src/alerts/review-rules.ts'
import type { Alert, AlertKind, Batch, BatchType, Forecast } from '../../src/types.ts'
import { propertySettings } from '../support/property.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const NOW = new Date('2026-03-01T00:00:00Z')
const inDays = (days: number, from = NOW): Date => new Date(from.getTime() + days * DAY_MS)

const forecastOf = (daysLeft: number | null, lapses: Forecast['lapses'] = [], now = NOW): Forecast => ({
  perDay: micro(1n),
  since: inDays(-7, now),
  runsOutAt: daysLeft === null ? null : inDays(daysLeft, now),
  daysLeft,
  lapses,
})

const batchOf = (id: string, type: BatchType, expiresInDays: number, allocated = '100'): Batch => ({
  id,
  account: 'acme',
  type,
  source: 'adjustment',
  allocated: parseAmount(allocated),
  remaining: parseAmount(allocated),
  addedAt: inDays(-1),
  expiresAt: inDays(expiresInDays),
  state: 'active',
  note: null,
  reference: null,
})

const alertOf = (kind: AlertKind, fields: Partial<Alert>): Alert => ({
  account: 'acme',
  id: 'alert',
  kind,
  level: 1,
  subject: null,
  detail: {},
  raisedAt: inDays(-1),
  resolvedAt: null,
  version: 1,
  snoozedUntil: null,
  ...fields,
})

const quiet: ReviewPlan = { raise: [], change: [], resolve: [] }

const plan = (account: Partial<ReviewedAccount>): ReviewPlan =>
  planReview({
    now: NOW,
    forecast: forecastOf(null),
    batches: [],
    isLow: false,
    alerts: [],
    expiries: [],
    ...account,
  })

describe('credit that runs out', () => {
  const shown = (daysLeft: number) => ({ daysLeft, runsOutAt: inDays(daysLeft).toISOString() })
  const open = (daysLeft: number) => alertOf('run_out', { detail: shown(daysLeft) })

  it('is told from three days before on', () => {
    expect(plan({ forecast: forecastOf(3.01) })).toEqual(quiet)
    expect(plan({ forecast: forecastOf(3) }).raise).toMatchObject([
      { kind: 'run_out', subject: null, detail: shown(3) },
    ])
  })

  it('is not told where nothing is used, where there is none, or where the balance is low', () => {
    expect(plan({ forecast: forecastOf(null) })).toEqual(quiet)
    expect(plan({ forecast: forecastOf(0) })).toEqual(quiet)
    expect(plan({ forecast: forecastOf(1), isLow: true })).toEqual(quiet)
  })

  it('stays told up to four days and a half, and then is averted', () => {
    expect(plan({ forecast: forecastOf(4.5), alerts: [open(2.5)] })).toEqual(quiet)
    expect(plan({ forecast: forecastOf(4.6), alerts: [open(2.5)] })).toEqual({
      ...quiet,
      resolve: [{ id: 'alert', detail: { outcome: 'averted' } }],
    })
  })

  it('is over where the balance is low by now, which has its own alert', () => {
    for (const account of [{ forecast: forecastOf(1), isLow: true }, { forecast: forecastOf(0) }]) {
      expect(plan({ ...account, alerts: [open(2)] })).toEqual({
        ...quiet,
        resolve: [{ id: 'alert', detail: { outcome: 'low' } }],
      })
    }
  })

  it('is told anew where half of the days are left, or twice as many', () => {
    expect(plan({ forecast: forecastOf(1.01), alerts: [open(2)] })).toEqual(quiet)
    expect(plan({ forecast: forecastOf(1), alerts: [open(2)] }).change).toEqual([
      { id: 'alert', detail: shown(1) },
    ])
    expect(plan({ forecast: forecastOf(3.9), alerts: [open(2)] })).toEqual(quiet)
    expect(plan({ forecast: forecastOf(4), alerts: [open(2)] }).change).toEqual([
      { id: 'alert', detail: shown(4) },
    ])
  })

  it('does not come back within six hours, unless half of the days are left', () => {
    const over = (hours: number) => [{ ...open(2), resolvedAt: new Date(NOW.getTime() - hours * HOUR_MS) }]
    expect(plan({ forecast: forecastOf(1.9), alerts: over(5.9) })).toEqual(quiet)
    expect(plan({ forecast: forecastOf(1.9), alerts: over(6) }).raise).toHaveLength(1)
    expect(plan({ forecast: forecastOf(1), alerts: over(0.1) }).raise).toHaveLength(1)
  })
})

describe('credit that expires unused', () => {
  const lapse = (batch: Batch, amount: string, at = batch.expiresAt as Date) => ({
    batchId: batch.id,
    type: batch.type,
    amount: parseAmount(amount),
    at,
  })
  const account = (batch: Batch, amount: string) => ({
    batches: [batch],
    forecast: forecastOf(null, [lapse(batch, amount)]),
  })
  const open = (kind: AlertKind, batch: Batch, amount: string) =>
    alertOf(kind, {
      subject: batch.id,
      detail: { amount, expiresAt: (batch.expiresAt as Date).toISOString(), subject: batch.id },
    })

  it('is told a week before where it is Free, and a month before where it is Paid', () => {
    const told = (type: BatchType, days: number) => plan(account(batchOf('b', type, days), '50')).raise
    expect(told('free', 7.01)).toEqual([])
    expect(told('free', 7)).toMatchObject([
      { kind: 'expiring_soon', subject: 'b', detail: { amount: '50', expiresAt: inDays(7).toISOString() } },
    ])
    expect(told('paid', 30.01)).toEqual([])
    expect(told('paid', 30)).toMatchObject([{ kind: 'paid_at_risk', subject: 'b' }])
  })

  it('is one alert for each batch', () => {
    const batches = [batchOf('a', 'free', 3), batchOf('b', 'free', 4), batchOf('c', 'paid', 5)]
    const forecast = forecastOf(
      null,
      batches.map((batch) => lapse(batch, '50')),
    )
    const { raise } = plan({ batches, forecast, alerts: [open('expiring_soon', batches[0]!, '50')] })
    expect(raise.map(({ kind, subject }) => [kind, subject])).toEqual([
      ['expiring_soon', 'b'],
      ['paid_at_risk', 'c'],
    ])
  })

  it('is not told below a hundredth of its batch, and stays told down to half of that', () => {
    const batch = batchOf('b', 'paid', 5)
    expect(plan(account(batch, '0.99'))).toEqual(quiet)
    expect(plan(account(batch, '1')).raise).toHaveLength(1)
    const alerts = [open('paid_at_risk', batch, '0.9')]
    expect(plan({ ...account(batch, '0.5'), alerts })).toEqual(quiet)
    expect(plan({ ...account(batch, '0.49'), alerts }).resolve).toEqual([
      { id: 'alert', detail: { outcome: 'averted' } },
    ])
  })

  it('is told anew at twice the amount, half of it, or another day', () => {
    const batch = batchOf('b', 'paid', 5)
    const alerts = [open('paid_at_risk', batch, '20')]
    const changed = (amount: string) => plan({ ...account(batch, amount), alerts }).change
    expect(changed('39')).toEqual([])
    expect(changed('40')).toEqual([
      { id: 'alert', detail: { amount: '40', expiresAt: inDays(5).toISOString() } },
    ])
    expect(changed('10.1')).toEqual([])
    expect(changed('10')).toHaveLength(1)
    const extended = { ...batch, expiresAt: inDays(9) }
    expect(plan({ ...account(extended, '20'), alerts }).change).toMatchObject([
      { detail: { expiresAt: inDays(9).toISOString() } },
    ])
  })

  it('is over when it has expired, was spent, voided, or put off', () => {
    const batch = batchOf('b', 'free', 5)
    const alerts = [open('expiring_soon', batch, '20')]
    const resolve = (rest: Partial<ReviewedAccount>) => plan({ alerts, ...rest }).resolve
    const expiries = [{ batchId: 'b', type: 'free' as const, amount: parseAmount('20'), at: NOW }]
    expect(resolve({ expiries })).toEqual([{ id: 'alert', detail: { outcome: 'expired' } }])
    const averted = [{ id: 'alert', detail: { outcome: 'averted' } }]
    expect(resolve({ expiries: [{ ...expiries[0]!, batchId: 'other' }] })).toEqual(averted)
    expect(resolve({ batches: [batch] })).toEqual(averted)
    expect(resolve(account({ ...batch, expiresAt: inDays(20) }, '20'))).toEqual(averted)
  })

  it('does not come back within six hours, unless it is twice as much', () => {
    const batch = batchOf('b', 'paid', 5)
    const alerts = [{ ...open('paid_at_risk', batch, '20'), resolvedAt: NOW }]
    expect(plan({ ...account(batch, '39'), alerts })).toEqual(quiet)
    expect(plan({ ...account(batch, '40'), alerts }).raise).toHaveLength(1)
    const other = batchOf('other', 'paid', 5)
    expect(plan({ ...account(other, '20'), alerts }).raise).toHaveLength(1)
  })
})

/** What the plan makes of the alerts, as the store does it. */
function carryOut({ raise, change, resolve }: ReviewPlan, alerts: readonly Alert[], now: Date): Alert[] {
  return [
    ...alerts.map((alert) => {
      const news = [...change, ...resolve].filter(({ id }) => id === alert.id)
      expect(news.length).toBeLessThanOrEqual(1)
      const detail = Object.assign({}, alert.detail, ...news.map((each) => each.detail))
      const isOver = resolve.some(({ id }) => id === alert.id)
      return {
        ...alert,
        detail,
        version: alert.version + news.length,
        resolvedAt: isOver ? now : alert.resolvedAt,
      }
    }),
    ...raise.map(({ kind, subject, detail }, index) =>
      alertOf(kind, { id: `${now.getTime()}-${index}`, subject, detail, raisedAt: now }),
    ),
  ]
}

describe('whatever the days left do', () => {
  const walk = fc.array(
    fc.record({ hours: fc.integer({ min: 1, max: 300 }), passed: fc.integer({ min: 1, max: 400 }) }),
    { maxLength: 40 },
  )

  it('there is one open alert at most, and none comes back at once that is hardly worse', () => {
    fc.assert(
      fc.property(walk, (steps) => {
        let now = NOW
        let alerts: Alert[] = []
        for (const { hours, passed } of steps) {
          now = new Date(now.getTime() + passed * 60_000)
          const before = alerts
          const made = plan({ now, forecast: forecastOf(hours / 24, [], now), alerts })
          alerts = carryOut(made, alerts, now)
          const open = alerts.filter(({ resolvedAt }) => resolvedAt === null)
          expect(open.length).toBeLessThanOrEqual(1)
          if (hours > 4.5 * 24) expect(open).toEqual([])
          const last = before.at(-1)
          if (!last) expect(open).toHaveLength(hours <= 3 * 24 ? 1 : 0)
          for (const alert of alerts.slice(before.length)) {
            const sinceLast = last?.resolvedAt ? now.getTime() - last.resolvedAt.getTime() : Infinity
            // Days are told to a hundredth.
            const half = Number(last?.detail['daysLeft']) / 2 + 0.01
            expect(sinceLast >= 6 * HOUR_MS || Number(alert.detail['daysLeft']) <= half).toBe(true)
          }
          // The same again says nothing.
          expect(plan({ now, forecast: forecastOf(hours / 24, [], now), alerts })).toEqual(quiet)
        }
      }),
      propertySettings({ numRuns: 200 }),
    )
  })

  it('nothing is told while it stays between where it opens and where it ends', () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.array(fc.double({ min: 3.001, max: 4.5, noNaN: true })),
        (isOpen, days) => {
          const alerts = isOpen ? [alertOf('run_out', { detail: { daysLeft: 2.9 } })] : []
          for (const daysLeft of days) expect(plan({ forecast: forecastOf(daysLeft), alerts })).toEqual(quiet)
        },
      ),
      propertySettings({ numRuns: 100 }),
    )
  })
})
