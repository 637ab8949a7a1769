import { readAlertState } from '../../bot/alerts/reading.ts'
import { type Audience, alertView } from '../../bot/views/alerts/alert.ts'
import { adminsOnly } from '../../bot/views/alerts/notices.ts'
import type { Message } from '../../bot/views/blocks.ts'
import type { AlertKind } from '../../src/types.ts'
import type { Scene } from './scene.ts'
import type { NamedView } from './written.ts'

const ADMINS: Audience = { areAdmins: true, seeUsage: true, addCreditUrl: undefined }
const OWNER: Audience = { areAdmins: false, seeUsage: true, addCreditUrl: 'https://example.com/credits' }
const DAY_MS = 24 * 60 * 60 * 1000
const DAYS_USED = 7
const CALL = { category: 'LLM', model: 'gpt-5-mini', agent: 'support', user: 'U07ADA' } as const

/** Alerts of every kind, as the ledger raises them: as they begin, and when they are over. */
export async function alertsViews(scene: Scene): Promise<NamedView[]> {
  return [
    ...(await lowBalance(scene)),
    ...(await forecasts(scene)),
    {
      name: 'alert-unpriced',
      when: 'Calls are let through without a price',
      view: await shown(scene, scene.account, 'unpriced'),
    },
    { name: 'alert-admins-only', when: '“Snooze”, by somebody who is no admin', view: adminsOnly },
  ]
}

/** One episode, from the line to a grant. */
async function lowBalance(scene: Scene): Promise<NamedView[]> {
  const { ledger } = scene
  const account = 'slack:T05LOW:U07ADA'
  const show = (audience = ADMINS) => shown(scene, account, 'low_balance', audience)
  await play(scene, account, [{ type: 'paid', amount: '1000' }], '110')
  await ledger.charge(account, { ...CALL, amount: '60', agent: 'research' })
  const low = await show()
  await ledger.charge(account, { ...CALL, amount: '125' })
  const [alert] = await ledger.alertsOf(account)
  if (alert === undefined) throw new Error('A balance below its line has an alert.')
  await ledger.snoozeAlert(account, alert.id, '1d', { actor: 'slack:T05LOW:U07LIN' })
  const critical = await show()
  await ledger.charge(account, { ...CALL, amount: '45' })
  const empty = await show(OWNER)
  await ledger.grant(account, { type: 'paid', amount: '1000' })
  return [
    { name: 'alert-low', when: 'Credit falls below the line', view: low },
    {
      name: 'alert-critical-snoozed',
      when: 'Below a quarter of the line, after “Snooze for 1 day”',
      view: critical,
    },
    {
      name: 'alert-empty',
      when: 'Nothing is left, for the person whose account it is',
      view: empty,
    },
    { name: 'alert-low-over', when: 'After a grant', view: await show() },
  ]
}

/** What a review of the accounts finds. */
async function forecasts(scene: Scene): Promise<NamedView[]> {
  const { ledger } = scene
  const [runningOut, expiring, atRisk] = ['slack:T06OUT', 'slack:T07SOON', 'slack:T08RISK'] as const
  await play(scene, runningOut, [{ type: 'paid', amount: '1000' }], '102')
  await play(scene, expiring, [{ type: 'free', amount: '260', expiresIn: '12d' }], '10')
  await play(
    scene,
    atRisk,
    [
      { type: 'free', amount: '500' },
      { type: 'paid', amount: '180', expiresIn: '20d' },
    ],
    '10',
  )
  await ledger.reviewAlerts()
  const begun: NamedView[] = [
    {
      name: 'alert-run-out',
      when: 'Credit lasts a few days',
      view: await shown(scene, runningOut, 'run_out'),
    },
    {
      name: 'alert-expiring-soon',
      when: 'A Free batch will expire unused',
      view: await shown(scene, expiring, 'expiring_soon'),
    },
    {
      name: 'alert-paid-at-risk',
      when: 'A Paid batch will lapse behind Free ones',
      view: await shown(scene, atRisk, 'paid_at_risk'),
    },
  ]
  const paid = (await ledger.batches(atRisk)).find(({ type }) => type === 'paid')
  if (paid === undefined) throw new Error('The Paid batch is active.')
  await ledger.extendBatch(atRisk, paid.id, { never: true, reason: 'Paid credit is not to be lost' })
  await ledger.reviewAlerts()
  return [
    ...begun,
    {
      name: 'alert-paid-at-risk-over',
      when: 'After its expiry was extended',
      view: await shown(scene, atRisk, 'paid_at_risk'),
    },
  ]
}

interface GrantOfScene {
  readonly type: 'free' | 'paid'
  readonly amount: string
  readonly expiresIn?: string
}

/** An account that was granted credit a week ago, and used as much of it each day. */
async function play(
  { ledger, clock, now }: Scene,
  account: string,
  grants: readonly GrantOfScene[],
  perDay: string,
): Promise<void> {
  clock.set(new Date(now.getTime() - DAYS_USED * DAY_MS))
  for (const grant of grants) await ledger.grant(account, grant)
  for (let day = 0; day < DAYS_USED; day++) {
    await ledger.charge(account, { ...CALL, amount: perDay })
    clock.advance(DAY_MS)
  }
}

/** The account's latest alert of a kind, as it is delivered now. */
async function shown(
  { ledger, clock }: Scene,
  account: string,
  kind: AlertKind,
  audience = ADMINS,
): Promise<Message> {
  const alerts = await ledger.alertsOf(account, { open: false })
  const alert = alerts.find((each) => each.kind === kind)
  if (alert === undefined) throw new Error(`${account} has no alert ${kind}.`)
  return alertView(await readAlertState(ledger, alert, clock.now()), audience)
}
