import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { reviewAlerts } from '../../src/alerts/review.ts'
import type { CreditLedger } from '../../src/credits.ts'
import type { Alert, AlertKind } from '../../src/types.ts'
import { openTestLedger, type TestLedger } from '../support/ledger.ts'

const DAY_MS = 24 * 3_600_000

let test: TestLedger
let ledger: CreditLedger

beforeAll(async () => {
  test = await openTestLedger()
  ledger = test.ledger
})
afterAll(() => test.close())

const use = (account: string, amount: string) => ledger.charge(account, { amount, category: 'LLM' })
const alertsOf = async (account: string, kind: AlertKind): Promise<Alert[]> =>
  (await ledger.alertsOf(account, { open: false })).filter((alert) => alert.kind === kind)

describe('a review', () => {
  it('opens, changes and resolves the alert of credit that runs out', async () => {
    await ledger.setAlertLine('runs-out', { percent: 0 })
    await ledger.grant('runs-out', { type: 'paid', amount: '40' })
    test.clock.advance(DAY_MS)
    await use('runs-out', '10')
    test.clock.advance(DAY_MS)
    expect(await ledger.reviewAlerts()).toMatchObject({ raised: 1, changed: 0, resolved: 0 })
    const [raised] = await alertsOf('runs-out', 'run_out')
    expect(raised).toMatchObject({
      level: 1,
      subject: null,
      version: 1,
      detail: { daysLeft: 3, runsOutAt: new Date(test.clock.now().getTime() + 3 * DAY_MS).toISOString() },
      raisedAt: test.clock.now(),
      resolvedAt: null,
    })

    expect(await ledger.reviewAlerts()).toMatchObject({ raised: 0, changed: 0, resolved: 0 })
    await use('runs-out', '14')
    expect(await ledger.reviewAlerts()).toMatchObject({ raised: 0, changed: 1, resolved: 0 })
    const [changed] = await alertsOf('runs-out', 'run_out')
    expect(changed).toMatchObject({ id: raised!.id, version: 2, level: 1, detail: { daysLeft: 0.67 } })

    await ledger.grant('runs-out', { type: 'paid', amount: '500' })
    expect(await ledger.reviewAlerts()).toMatchObject({ raised: 0, changed: 0, resolved: 1 })
    const [resolved, ...others] = await alertsOf('runs-out', 'run_out')
    expect(others).toEqual([])
    expect(resolved).toMatchObject({
      id: raised!.id,
      version: 3,
      level: 0,
      detail: { outcome: 'averted' },
      resolvedAt: test.clock.now(),
    })
    expect(await ledger.reviewAlerts()).toMatchObject({ raised: 0, changed: 0, resolved: 0 })
  })

  it('leaves it to the low-balance alert where that is open', async () => {
    await ledger.grant('low', { type: 'paid', amount: '40' })
    await use('low', '35')
    await ledger.reviewAlerts()
    expect(await alertsOf('low', 'run_out')).toEqual([])
    expect(await alertsOf('low', 'low_balance')).toHaveLength(1)
  })

  it('finds credit that expires unused, Free and Paid, and says that it did', async () => {
    const free = await ledger.grant('expires', { type: 'free', amount: '10', expiresIn: '6d' })
    const paid = await ledger.grant('expires', { type: 'paid', amount: '20', expiresIn: '20d' })
    await ledger.grant('expires', { type: 'paid', amount: '20', expiresIn: '31d' })
    await ledger.reviewAlerts()
    expect(await alertsOf('expires', 'expiring_soon')).toMatchObject([
      { subject: free.id, detail: { amount: '10', expiresAt: free.expiresAt?.toISOString() } },
    ])
    expect(await alertsOf('expires', 'paid_at_risk')).toMatchObject([
      { subject: paid.id, detail: { amount: '20', expiresAt: paid.expiresAt?.toISOString() } },
    ])

    const put = await ledger.extendBatch('expires', paid.id, { never: true, reason: 'asked for' })
    expect(put.expiresAt).toBeNull()
    test.clock.advance(6 * DAY_MS)
    await ledger.reviewAlerts()
    expect(await alertsOf('expires', 'expiring_soon')).toMatchObject([
      { resolvedAt: test.clock.now(), detail: { amount: '10', outcome: 'expired' } },
    ])
    const kept = (await alertsOf('expires', 'paid_at_risk')).find(({ subject }) => subject === paid.id)
    expect(kept).toMatchObject({ resolvedAt: test.clock.now(), detail: { outcome: 'averted' } })
  })

  it('ends the alert of a batch that is the last thing an account has had', async () => {
    const batch = await ledger.grant('alone', { type: 'free', amount: '10', expiresIn: '6d' })
    await ledger.reviewAlerts()
    await ledger.void('alone', batch.id, { reason: 'x' })
    await ledger.reviewAlerts()
    expect(await alertsOf('alone', 'expiring_soon')).toMatchObject([
      { subject: batch.id, resolvedAt: test.clock.now(), detail: { outcome: 'averted' } },
    ])
  })

  it('ends the alert of unpriced calls when none came for a week', async () => {
    const other = await test.openAnother()
    const unpriced = { kind: 'unpriced', subject: 'POST /images' } as const
    await ledger.raiseAlert('unpriced', unpriced)
    test.clock.advance(4 * DAY_MS)
    // Another process, as this one remembers for an hour that it is open.
    await other.raiseAlert('unpriced', unpriced)
    const again = test.clock.now().toISOString()
    test.clock.advance(4 * DAY_MS)
    await ledger.reviewAlerts()
    expect(await alertsOf('unpriced', 'unpriced')).toMatchObject([
      { resolvedAt: null, version: 1, detail: { lastRaisedAt: again } },
    ])
    test.clock.advance(3 * DAY_MS)
    await ledger.reviewAlerts()
    expect(await alertsOf('unpriced', 'unpriced')).toMatchObject([
      { resolvedAt: test.clock.now(), level: 0, version: 2, detail: { outcome: 'quiet' } },
    ])
  })

  it('opens a hundred alerts of an account at most, and none of them twice', async () => {
    await ledger.grant('many', { type: 'free', amount: '1' })
    await ledger.database.sql`
      insert into batches (account_id, id, type, source, allocated, remaining, open, added_at, expires_at)
      select 'many', ('019b0000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'free', 'adjustment', 1000000,
        1000000, true, ${test.clock.now()}, ${test.clock.now()}::timestamptz + interval '5 days'
      from generate_series(1, 250) n`
    await ledger.database.sql`
      insert into alerts (account_id, id, kind, detail, raised_at)
      select 'many', ('019b0000-0000-7000-9000-' || lpad(to_hex(n), 12, '0'))::uuid, 'unpriced',
        jsonb_build_object('subject', n::text), ${test.clock.now()}
      from generate_series(1, 205) n`
    const count = async () => {
      const [row] = await ledger.database.sql<{ alerts: number; batches: number }[]>`
        select count(*)::int as alerts, count(distinct detail ->> 'subject')::int as batches from alerts
        where account_id = 'many' and kind = 'expiring_soon'`
      return row
    }
    await ledger.reviewAlerts()
    expect(await count()).toEqual({ alerts: 100, batches: 100 })
    await ledger.reviewAlerts()
    expect(await count()).toEqual({ alerts: 100, batches: 100 })
  })

  it('keeps what a snooze has written', async () => {
    await ledger.grant('snoozed', { type: 'free', amount: '10', expiresIn: '2d' })
    await ledger.reviewAlerts()
    const [alert] = await alertsOf('snoozed', 'expiring_soon')
    const until = (await ledger.snoozeAlert('snoozed', alert!.id, '1d', { actor: 'kim' })).snoozedUntil
    const put = await ledger.extendBatch('snoozed', alert!.subject!, { expiresIn: '1d', reason: 'asked for' })
    await ledger.reviewAlerts()
    const about = { snoozedBy: 'kim', subject: alert!.subject }
    expect(await alertsOf('snoozed', 'expiring_soon')).toMatchObject([
      {
        version: 3,
        snoozedUntil: until,
        resolvedAt: null,
        detail: { ...about, expiresAt: put.expiresAt?.toISOString() },
      },
    ])
    await use('snoozed', '9')
    await ledger.reviewAlerts()
    expect(await alertsOf('snoozed', 'expiring_soon')).toMatchObject([
      { version: 4, resolvedAt: test.clock.now(), detail: { ...about, outcome: 'averted' } },
    ])
  })

  it('says that credit expired also where it did so during the review', async () => {
    await ledger.grant('meanwhile', { type: 'free', amount: '10', expiresIn: '6d' })
    await ledger.reviewAlerts()
    let isBefore = true
    await reviewAlerts(
      ledger.database,
      {
        forecast: async (account) => {
          if (isBefore && account === 'meanwhile') {
            isBefore = false
            await ledger.balance(account)
            test.clock.advance(6 * DAY_MS)
          }
          return ledger.forecast(account)
        },
        batches: (account) => ledger.batches(account),
        alertLine: (account) => ledger.alertLine(account),
        expiries: (account) => ledger.expiries(account),
      },
      test.clock.now(),
    )
    expect(await alertsOf('meanwhile', 'expiring_soon')).toMatchObject([{ detail: { outcome: 'expired' } }])
  })
})

it('reviews all accounts over several pages, and each once though several processes do it at once', async () => {
  const { sql } = ledger.database
  // More than two pages of accounts; every third has something to say.
  await sql`
    insert into accounts (account_id, created_at)
    select 'page-' || lpad(n::text, 4, '0'), '2026-01-01' from generate_series(1, 1200) n`
  await sql`
    insert into batches (account_id, id, type, source, allocated, remaining, open, added_at, expires_at)
    select 'page-' || lpad(n::text, 4, '0'), ('019b0000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
      'free', 'adjustment', 1000000, 1000000, true, ${test.clock.now()}, ${test.clock.now()}::timestamptz + interval '5 days'
    from generate_series(3, 1200, 3) n`
  const others = await Promise.all([test.openAnother(), test.openAnother()])
  const reports = await Promise.all([ledger, ...others].map((each) => each.reviewAlerts()))
  expect(reports.reduce((sum, { raised }) => sum + raised, 0)).toBe(400)
  for (const { accounts } of reports) expect(accounts).toBeGreaterThanOrEqual(400)
  const [rows] = await sql<{ alerts: number; accounts: number }[]>`
    select count(*)::int as alerts, count(distinct account_id)::int as accounts from alerts
    where account_id like 'page-%' and resolved_at is null and kind = 'expiring_soon'`
  expect(rows).toEqual({ alerts: 400, accounts: 400 })
})

it('goes on to the other accounts where one cannot be reviewed, and then tells', async () => {
  const { sql } = ledger.database
  await ledger.grant('broken', { type: 'free', amount: '10', expiresIn: '3d' })
  await ledger.grant('whole', { type: 'free', amount: '10', expiresIn: '3d' })
  await sql`alter table alerts add constraint broken check (account_id <> 'broken')`
  try {
    await expect(ledger.reviewAlerts()).rejects.toMatchObject({ code: 'database_unavailable' })
    expect(await alertsOf('whole', 'expiring_soon')).toHaveLength(1)
  } finally {
    await sql`alter table alerts drop constraint broken`
  }
  await ledger.reviewAlerts()
  expect(await alertsOf('broken', 'expiring_soon')).toHaveLength(1)
})
