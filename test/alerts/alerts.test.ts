import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CreditLedger } from '../../src/credits.ts'
import type { Alert } from '../../src/types.ts'
import { openTestLedger, refusalOf, type TestLedger } from '../support/ledger.ts'

const HOUR_MS = 3_600_000
const UNKNOWN = '019b0000-0000-7000-8000-000000000000'

let test: TestLedger
let ledger: CreditLedger

beforeAll(async () => {
  test = await openTestLedger()
  ledger = test.ledger
})
afterAll(() => test.close())

async function raise(account: string, subject = 'POST /images'): Promise<Alert> {
  await ledger.raiseAlert(account, { kind: 'unpriced', subject })
  const alert = (await ledger.alertsOf(account)).find((each) => each.subject === subject)
  if (!alert) throw new Error('It was not raised.')
  return alert
}

const resolve = (alert: Alert) =>
  ledger.database.sql`update alerts set resolved_at = ${test.clock.now()} where id = ${alert.id}`

describe('the alerts of an account', () => {
  it('are the open ones, the latest first, or all', async () => {
    const first = await raise('acme', 'first')
    test.clock.advance(HOUR_MS)
    const second = await raise('acme', 'second')
    await raise('other', 'elsewhere')
    expect(await ledger.alertsOf('acme')).toEqual([second, first])
    await resolve(second)
    expect(await ledger.alertsOf('acme')).toEqual([first])
    expect(await ledger.alertsOf('acme', { open: false })).toEqual([
      { ...second, resolvedAt: test.clock.now() },
      first,
    ])
    expect(await ledger.alertsOf('nobody')).toEqual([])
  })

  it('are at most a hundred', async () => {
    await ledger.grant('many', { type: 'paid', amount: '1' })
    await ledger.database.sql`
      insert into alerts (account_id, id, kind, detail, raised_at)
      select 'many', gen_random_uuid(), 'unpriced', jsonb_build_object('subject', n::text), '2026-01-01'
      from generate_series(1, 120) n`
    expect(await ledger.alertsOf('many')).toHaveLength(100)
  })
})

describe('an alert', () => {
  it('is read by its id, in its account only', async () => {
    const alert = await raise('read')
    expect(await ledger.readAlert('read', alert.id)).toEqual(alert)
    expect(await ledger.readAlert('read', alert.id.toUpperCase())).toEqual(alert)
    for (const [account, id] of [
      ['other', alert.id],
      ['read', UNKNOWN],
    ] as const) {
      expect(await refusalOf(ledger.readAlert(account, id))).toMatchObject({
        code: 'alert_not_found',
        data: { account, alert: id },
      })
    }
    expect(await refusalOf(ledger.readAlert('read', 'x'))).toMatchObject({ code: 'invalid_id' })
  })

  it('is snoozed from now on, by whom is kept, and is new to those who show it', async () => {
    const alert = await raise('snooze')
    test.clock.advance(HOUR_MS)
    const snoozed = await ledger.snoozeAlert('snooze', alert.id, '2h', { actor: 'slack:U1' })
    expect(snoozed).toEqual({
      ...alert,
      version: 2,
      snoozedUntil: new Date(test.clock.now().getTime() + 2 * HOUR_MS),
      detail: { subject: 'POST /images', snoozedBy: 'slack:U1' },
    })
    expect(await ledger.readAlert('snooze', alert.id)).toEqual(snoozed)
    test.clock.advance(HOUR_MS)
    expect(await ledger.snoozeAlert('snooze', alert.id, HOUR_MS / 2)).toMatchObject({
      version: 3,
      snoozedUntil: new Date(test.clock.now().getTime() + HOUR_MS / 2),
    })
  })

  it('is not snoozed where it is over, elsewhere, or for no time', async () => {
    const alert = await raise('refused')
    expect(await refusalOf(ledger.snoozeAlert('other', alert.id, '1h'))).toMatchObject({
      code: 'alert_not_found',
    })
    expect(await refusalOf(ledger.snoozeAlert('refused', alert.id, '0s'))).toMatchObject({
      code: 'invalid_duration',
    })
    expect(await refusalOf(ledger.snoozeAlert('refused', alert.id, '1h', { actor: '' }))).toMatchObject({
      code: 'invalid_text',
    })
    await resolve(alert)
    expect(await refusalOf(ledger.snoozeAlert('refused', alert.id, '1h'))).toMatchObject({
      code: 'alert_resolved',
    })
    expect(await ledger.readAlert('refused', alert.id)).toMatchObject({ version: 1, snoozedUntil: null })
  })

  it('may be the first that is heard of an account, and comes once from several processes', async () => {
    const others = await Promise.all([test.openAnother(), test.openAnother()])
    await Promise.all(
      [ledger, ...others].map((each) => each.raiseAlert('newcomer', { kind: 'unpriced', subject: 'x' })),
    )
    expect(await ledger.alertsOf('newcomer')).toMatchObject([{ subject: 'x', version: 1 }])
    expect(await ledger.balance('newcomer')).toMatchObject({ settled: 0n, debt: 0n })
    expect((await ledger.audit('newcomer')).ok).toBe(true)
  })

  it('of a kind that the ledger finds by itself is not raised by a caller', async () => {
    const kind = 'low_balance' as 'unpriced'
    expect(await refusalOf(ledger.raiseAlert('acme', { kind, subject: 'x' }))).toMatchObject({
      code: 'invalid_type',
    })
  })
})
