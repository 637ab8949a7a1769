import { describe, expect, it } from 'vitest'
import { balanceView } from '../../bot/index.ts'
import type { BalanceReport } from '../../bot/views/balance.ts'
import { parseAmount, ZERO } from '../../src/amount.ts'
import type { Balance } from '../../src/types.ts'
import { problemsOf } from '../fakes/slack/limits/surfaces.ts'
import { shown } from './support/shown.ts'

const BALANCE: Balance = {
  account: 'slack:T01',
  settled: parseAmount('1262.5'),
  held: parseAmount('2.25'),
  available: parseAmount('1260.25'),
  free: parseAmount('12.5'),
  paid: parseAmount('1250'),
  debt: ZERO,
  openHolds: 2,
  nextExpiry: { at: new Date('2026-12-22T17:00:00Z'), amount: parseAmount('12.5') },
}

const REPORT: BalanceReport = {
  balance: BALANCE,
  at: new Date('2026-11-22T09:00:00Z'),
  forecast: {
    perDay: parseAmount('105.2'),
    since: new Date('2026-11-15T09:00:00Z'),
    runsOutAt: new Date('2026-12-04T09:00:00Z'),
    daysLeft: 12,
    lapses: [],
  },
  expiries: [],
}

const NOTHING = {
  settled: ZERO,
  available: ZERO,
  held: ZERO,
  openHolds: 0,
  free: ZERO,
  paid: ZERO,
  nextExpiry: null,
}

/** What people see, and below it what is read without blocks. */
function readable(report: BalanceReport, addCreditUrl?: string): string {
  const message = balanceView(report, addCreditUrl)
  expect(problemsOf.content(message)).toEqual([])
  return `${shown(message)}\n${message.text}`
}

const withBalance = (balance: Partial<Balance>): BalanceReport => ({
  ...REPORT,
  balance: { ...BALANCE, ...balance },
})

const withForecast = (forecast: Partial<BalanceReport['forecast']>): BalanceReport => ({
  ...REPORT,
  forecast: { ...REPORT.forecast, ...forecast },
})

describe('balanceView', () => {
  it('shows three numbers, what they are made of, how long it lasts, and what expires next', () => {
    expect(readable(REPORT, 'https://acme.example/credit')).toMatchInlineSnapshot(`
      "1,260.25 credits available

      Available                         Held
      1,260.25                          2.25 (2 open holds)
      Settled                           Of which
      1,262.5                            Free  12.5    Paid  1,250

      Lasts about 12 days at the rate of the last 7 days (105.2 credits a day), until 4 Dec 2026.
      Next to expire: 12.5 credits on 22 Dec 2026, 17:00 UTC.
      Account  slack:T01 . Available is settled less held.
      [ View active credits ]  [ Usage ]  [ Add credit ] (https://acme.example/credit)

      1,260.25 credits available: 1,262.5 settled, 2.25 held (2 open holds). Free 12.5, Paid 1,250. Lasts about 12 days at the rate of the last 7 days (105.2 credits a day), until 4 Dec 2026. Next to expire: 12.5 credits on 22 Dec 2026, 17:00 UTC."
    `)
  })

  it('leaves out the button for adding credit where nobody says where', () => {
    expect(JSON.stringify(balanceView(REPORT).blocks)).not.toContain('Add credit')
  })

  it('says that nothing expires, and nothing of holds where there are none', () => {
    const view = readable(
      withBalance({ held: ZERO, openHolds: 0, available: BALANCE.settled, nextExpiry: null }),
    )
    expect(view).toContain('No credit expires.')
    expect(view).not.toMatch(/open hold|⚠/)
  })

  it('warns of debt in words', () => {
    const debt = parseAmount('3.2')
    const owed = -debt as typeof debt
    const view = readable(withBalance({ ...NOTHING, settled: owed, available: owed, debt }))
    expect(view).toContain('-3.2 credits available')
    expect(view).toContain('⚠ Debt of 3.2 credits: the next credit granted repays it first.')
    expect(view).not.toContain('Lasts')
  })

  it('tells credit that is held from credit that is gone', () => {
    const held = withBalance({ available: ZERO, held: BALANCE.settled, openHolds: 1 })
    expect(readable(held)).toContain('⚠ All credit is held')
    expect(readable(held)).toContain('1,262.5 (1 open hold)')
    expect(readable(withBalance(NOTHING))).toContain('⚠ No credit is left')
  })

  it('never shows a trace of credit as none', () => {
    expect(readable(withBalance({ held: parseAmount('0.000001') }))).toContain('0.000001 (2 open holds)')
  })

  it('takes the markup out of an account’s name', () => {
    const view = balanceView(withBalance({ account: '<!channel> `&`' }))
    expect(JSON.stringify(view)).toContain('Account `&lt;!channel&gt; ˋ&amp;ˋ`')
  })

  describe('how long it lasts', () => {
    const at = REPORT.at.getTime()
    const ago = (hours: number) => new Date(at - hours * 3_600_000)

    it.each<[string, Partial<BalanceReport['forecast']>]>([
      ['No usage yet that tells how long it lasts.', { perDay: ZERO, runsOutAt: null, daysLeft: null }],
      [
        'Lasts for years at the rate of the last 7 days (105.2 credits a day).',
        { runsOutAt: null, daysLeft: null },
      ],
      ['Lasts about an hour at the rate of the last hour', { daysLeft: 0.01, since: ago(1) }],
      ['Lasts about 12 hours at the rate of the last 30 hours', { daysLeft: 0.5, since: ago(30) }],
      ['Lasts about 46 hours at the rate of the last 3 days', { daysLeft: 1.9, since: ago(72) }],
      ['Lasts about 3 days at the rate of the last 7 days', { daysLeft: 2.6 }],
      ['Lasts about 1,234 days', { daysLeft: 1234.4 }],
    ])('is put as %j', (words, forecast) => {
      expect(readable(withForecast(forecast))).toContain(words)
    })

    it('says what will expire unused, and sums up what is more than three', () => {
      const lapse = (amount: string, day: number) => ({
        batchId: String(day),
        type: 'paid' as const,
        amount: parseAmount(amount),
        at: new Date(`2026-12-0${day}T09:00:00Z`),
      })
      const view = readable(
        withForecast({ lapses: [lapse('1', 1), lapse('2', 2), lapse('3', 3), lapse('4', 4)] }),
      )
      expect(view).toContain('At this rate 1 Paid credit will expire unused on 1 Dec 2026.')
      expect(view).toContain('At this rate 3 Paid credits will expire unused on 3 Dec 2026.')
      expect(view).toContain('And so with 4 credits in 1 more.')
    })
  })

  it('says what expired lately, the latest first', () => {
    const expired = (amount: string, at: string) => ({
      batchId: at,
      type: 'free' as const,
      amount: parseAmount(amount),
      at: new Date(at),
    })
    const view = readable({
      ...REPORT,
      expiries: [expired('120', '2026-11-20T17:00:00Z'), expired('5', '2026-11-10T00:00:00Z')],
    })
    expect(view).toContain('120 Free credits expired on 20 Nov 2026.\n5 Free credits expired on 10 Nov 2026.')
    expect(view).toContain('120 Free credits expired on 20 Nov 2026. 5 Free')
  })
})
