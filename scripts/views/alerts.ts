import { type Audience, alertView } from '../../bot/views/alerts/alert.ts'
import { adminsOnly } from '../../bot/views/alerts/notices.ts'
import type { AlertState } from '../../bot/views/alerts/state.ts'
import { micro, parseAmount, ZERO } from '../../src/amount.ts'
import type { Alert, Forecast } from '../../src/types.ts'
import { REQUEST_ID, type Scene } from './scene.ts'
import type { NamedView } from './written.ts'

const ADMINS: Audience = { areAdmins: true, seeUsage: true, addCreditUrl: undefined }
const OWNER: Audience = { areAdmins: false, seeUsage: true, addCreditUrl: 'https://example.com/credits' }
const DAY_MS = 24 * 60 * 60 * 1000

/** Alerts of every kind: as they begin, and when they are over. */
export async function alertsViews(scene: Scene): Promise<NamedView[]> {
  const { ledger, account, now, batches } = scene
  const later = (days: number) => new Date(now.getTime() + days * DAY_MS)
  const forecast: Forecast = {
    perDay: micro(20_000_000n),
    since: later(-7),
    runsOutAt: later(2.5),
    daysLeft: 2.5,
    lapses: [{ batchId: batches.plan.id, type: 'paid', amount: micro(180_000_000n), at: later(6) }],
  }
  const balance = await ledger.balance(account)
  const state: Omit<AlertState, 'alert' | 'balance'> = {
    now,
    forecast,
    topAgents: [
      { name: 'support', amount: 12_500_000n },
      { name: 'research', amount: 4_000_000n },
    ],
    topUsers: [{ name: 'U07ABC', amount: 9_250_000n }],
  }
  const episode: Alert = {
    account,
    id: REQUEST_ID,
    kind: 'low_balance',
    level: 1,
    subject: null,
    detail: { line: '800' },
    raisedAt: now,
    resolvedAt: null,
    version: 1,
    snoozedUntil: null,
  }
  const show = (settled: string, change: Partial<Alert> = {}, audience = ADMINS) => {
    const left = parseAmount(settled)
    return alertView(
      {
        ...state,
        balance: { ...balance, settled: left, held: ZERO, available: left },
        alert: { ...episode, ...change },
      },
      audience,
    )
  }
  const over = { level: 0, resolvedAt: later(0.5) } as const
  const about = { subject: batches.plan.id }
  return [
    { name: 'alert-low', when: 'Credit falls below the line', view: show('700') },
    {
      name: 'alert-critical-snoozed',
      when: 'Below a quarter of the line, after “Snooze for 1 day”',
      view: show('150', { level: 2, snoozedUntil: later(1) }),
    },
    {
      name: 'alert-empty',
      when: 'Nothing is left, for the person whose account it is',
      view: show('0', { level: 3 }, OWNER),
    },
    { name: 'alert-low-over', when: 'After a grant', view: show('950', over) },
    { name: 'alert-run-out', when: 'Credit lasts a few days', view: show('950', { kind: 'run_out' }) },
    {
      name: 'alert-expiring-soon',
      when: 'A batch will expire unused',
      view: show('950', { kind: 'expiring_soon', ...about }),
    },
    {
      name: 'alert-paid-at-risk',
      when: 'A Paid batch will lapse behind Free ones',
      view: show('950', { kind: 'paid_at_risk', ...about }),
    },
    {
      name: 'alert-paid-at-risk-over',
      when: 'After its expiry was extended',
      view: show('950', { kind: 'paid_at_risk', ...about, ...over }),
    },
    {
      name: 'alert-unpriced',
      when: 'Calls are let through without a price',
      view: show('950', { kind: 'unpriced', subject: 'POST /images/generations' }),
    },
    { name: 'alert-admins-only', when: '“Snooze”, by somebody who is no admin', view: adminsOnly },
  ]
}
