import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { EXTEND_BATCH_ACTION, REFUND_CHARGE_ACTION, VOID_BATCH_ACTION } from '../../../bot/views/actions.ts'
import { batchButtons, refundButton } from '../../../bot/views/admin/buttons.ts'
import { ADMIN_CONFIRM_ACTION } from '../../../bot/views/admin/preview.ts'
import type { Batch } from '../../../src/index.ts'
import type { Person, StoredMessage } from '../../fakes/slack.ts'
import { digestTables } from '../../support/ledger.ts'
import { type Bot, startBot } from '../support/bot.ts'
import { ADMIN_CHANNEL, auditsOf, postButtons, requestIn, wordsOf } from './support.ts'

const NOBODYS = '019abc12-0000-7000-8000-000000000001'

describe('what admins do with batches and charges', () => {
  let bot: Bot
  let ada: Person
  let bob: Person
  let batch: Batch
  beforeAll(async () => {
    bot = await startBot({ slack: { settings: { admins: [], adminChannel: ADMIN_CHANNEL } } })
    ada = bot.slack.person('U0ADA', { admin: true })
    bob = bot.slack.person('U0BOB')
  })
  beforeEach(async () => {
    batch = await bot.ledger.grant('slack:T01', { type: 'paid', amount: '100', expiresIn: '10d' })
  })
  afterAll(() => bot.close())

  const confirm = async (preview: StoredMessage): Promise<StoredMessage> =>
    (await ada.click(preview, ADMIN_CONFIRM_ACTION)).message()
  const stored = async (): Promise<Batch | undefined> =>
    (await bot.ledger.batches('slack:T01', { all: true })).find(({ id }) => id === batch.id)
  const entries = async (kind: string): Promise<object[]> => [
    ...(await bot.ledger.database.sql`
      select amount::text, actor, reason from entries where batch_id = ${batch.id} and kind = ${kind}`),
  ]

  it('refunds a charge, in parts, and never more than it was', async () => {
    const charge = await bot.ledger.charge('slack:T01', { amount: '8', category: 'LLM', model: 'gpt-5' })
    const preview = await ada.command(`/credits refund ${charge.id} 2.5 answered twice`)
    expect(preview.text).toContain('Refund 2.5 credits of a charge.')
    const { id } = requestIn(preview)
    await Promise.all([confirm(preview), confirm(preview)])
    expect(preview.text).toContain('Refunded 2.5 credits of a charge.')
    expect(preview.text).toContain('Returned to its batches: 2.5.')
    expect(await bot.ledger.explain('slack:T01', charge.id)).toMatchObject({
      net: 5_500_000n,
      refunds: [{ amount: 2_500_000n, reason: 'answered twice' }],
    })
    const [audit] = await auditsOf(bot, id)
    expect(audit?.text).toContain(`Charge: \`${charge.id}\``)
    expect(audit?.text).toContain('Reason: answered twice.')

    expect((await ada.command(`/credits refund ${charge.id} 5.6 all of it`)).text).toContain(
      'At most 5.5 credits of the charge can still be refunded.',
    )
    await confirm(await ada.command(`/credits refund ${charge.id} all of it`))
    expect(await bot.ledger.explain('slack:T01', charge.id)).toMatchObject({ net: 0n })
    expect((await ada.command(`/credits refund ${charge.id} again`)).text).toContain('nothing left to refund')
  })

  it('voids a part, then the rest, each once', async () => {
    const part = await ada.command(`/credits void ${batch.id} 30.5 Paid twice`)
    expect(part.text).toContain('Void 30.5 credits of a batch.')
    expect(part.text).toContain('Remaining: `Paid` 100 credits of 100. Expires:')
    expect(await stored()).toMatchObject({ remaining: 100_000_000n })
    await Promise.all(Array.from({ length: 5 }, () => confirm(part)))
    expect(part.text).toContain('Voided 30.5 credits of a batch.')
    expect(await stored()).toMatchObject({ remaining: 69_500_000n, state: 'active' })

    const rest = await ada.command(`/credits void slack:T01 ${batch.id} reason 7 of them unpaid`)
    expect(rest.text).toContain('To be voided: all, 69.5 now.')
    await confirm(rest)
    expect(rest.text).toContain('Voided what remained of a batch.')
    expect(rest.text).toContain('Voided in all: 100.')
    expect(await stored()).toMatchObject({ remaining: 0n, state: 'voided' })
    expect(await entries('void')).toEqual([
      { amount: '30500000', actor: 'slack:T01:U0ADA', reason: 'Paid twice' },
      { amount: '69500000', actor: 'slack:T01:U0ADA', reason: '7 of them unpaid' },
    ])
    const again = await ada.command(`/credits void ${batch.id} once more`)
    expect(again.text).toContain('slack:T01 has no active batch')
  })

  it('refuses to void what is not there', async () => {
    const before = await digestTables(bot.ledger)
    expect((await ada.command(`/credits void ${batch.id} 100.01 too much`)).text).toContain(
      'Only 100 credits of the batch remain.',
    )
    expect((await ada.command(`/credits void ${NOBODYS} whose`)).text).toContain('has no active batch')
    expect((await ada.command(`/credits void ${batch.id}`)).text).toContain('Say why, at the end')
    expect(await digestTables(bot.ledger)).toEqual(before)
  })

  it('says what the ledger refuses where somebody was faster, and changes nothing', async () => {
    const preview = await ada.command(`/credits void ${batch.id} 60 half`)
    await bot.ledger.void('slack:T01', batch.id, { reason: 'by another admin' })
    const refused = await confirm(preview)
    expect(refused).toBe(preview)
    expect(refused.text).toMatch(/voided.* Nothing was changed\.$/)
    expect(await entries('void')).toHaveLength(1)
  })

  it('changes when a batch expires', async () => {
    const preview = await ada.command(`/credits extend ${batch.id} never Pilot goes on`)
    expect(preview.text).toContain('Expiry then: never.')
    await Promise.all([confirm(preview), confirm(preview)])
    expect(await stored()).toMatchObject({ expiresAt: null })
    expect(await entries('extension')).toEqual([
      { amount: '100000000', actor: 'slack:T01:U0ADA', reason: 'Pilot goes on' },
    ])
    const earlier = await ada.command(`/credits extend ${batch.id} 2d shorter`)
    expect(earlier.text).toContain('That is earlier than before.')
    await confirm(earlier)
    const expiresAt = (await stored())?.expiresAt?.getTime() ?? 0
    expect(Math.abs(expiresAt - Date.now() - 2 * 24 * 60 * 60 * 1000)).toBeLessThan(60_000)
    const past = await ada.command(`/credits extend ${batch.id} 2020-01-01 too late`)
    expect(past.text).toContain('2020-01-01T00:00:00.000Z is past')
  })

  it("finds nobody else's charge", async () => {
    await bot.ledger.grant('slack:T02', { type: 'paid', amount: '100' })
    const foreign = await bot.ledger.charge('slack:T02', { amount: '8', category: 'LLM' })
    expect((await ada.command(`/credits refund ${foreign.id} mine`)).text).toContain('has no charge')
    const named = await ada.command(`/credits refund slack:T02 ${foreign.id} mine`)
    expect(named.text).toContain("slack:T02 is someone else's")
    expect(await bot.ledger.explain('slack:T02', foreign.id)).toMatchObject({ net: 8_000_000n })
  })

  it('does the same from the buttons at batches and receipts', async () => {
    const charge = await bot.ledger.charge('slack:T01', { amount: '4', category: 'LLM' })
    const [actions] = batchButtons(batch)
    const buttons = [...(actions?.elements ?? []), refundButton(charge)]
    const message = await postButtons(bot.slack, 'CBUTTONS', ...buttons)

    const refund = await (await ada.click(message, REFUND_CHARGE_ACTION)).view()
    expect(wordsOf(refund)).toContain(charge.id)
    await ada.submit(refund, { amount: '4.5', reason: 'Failed' })
    expect(wordsOf(refund)).toContain('At most 4 credits of the charge can still be refunded.')
    const another = await (await ada.click(message, REFUND_CHARGE_ACTION)).view()
    await ada.submit(await (await ada.submit(another, { reason: 'Failed' })).view())
    expect(await bot.ledger.explain('slack:T01', charge.id)).toMatchObject({ net: 0n })

    const extend = await (await ada.click(message, EXTEND_BATCH_ACTION)).view()
    await ada.submit(await (await ada.submit(extend, { expires: '90d', reason: 'Late' })).view())
    expect((await stored())?.expiresAt?.getTime()).toBeGreaterThan(Date.now() + 89 * 24 * 60 * 60 * 1000)

    const voided = await (await ada.click(message, VOID_BATCH_ACTION)).view()
    await ada.submit(await (await ada.submit(voided, { reason: 'Mistake' })).view())
    expect(await stored()).toMatchObject({ remaining: 0n })

    for (const action of [REFUND_CHARGE_ACTION, EXTEND_BATCH_ACTION, VOID_BATCH_ACTION]) {
      expect((await (await bob.click(message, action)).message()).text).toMatch(/^Only admins may use/)
    }
  })

  it('sets from where on an account is low', async () => {
    const preview = await ada.command('/credits threshold 50 10%')
    expect(preview.text).toContain('Threshold then: the higher of 50 credits and 10 % of the last grants')
    await confirm(preview)
    expect(await bot.ledger.alertLine('slack:T01')).toMatchObject({ amount: 50_000_000n, percent: 10 })
    await confirm(await ada.command('/credits threshold 30%'))
    expect(await bot.ledger.alertLine('slack:T01')).toMatchObject({ amount: null, percent: 30 })
    await confirm(await ada.command('/credits threshold slack:T01 25'))
    expect(await bot.ledger.alertLine('slack:T01')).toMatchObject({ amount: 25_000_000n, percent: 0 })
    await confirm(await ada.command('/credits threshold <@U0BOB|bob> default'))
    expect(await bot.ledger.alertLine('slack:T01')).toMatchObject({ amount: null, percent: 20 })
    const form = await (await ada.type('/credits threshold')).view()
    await ada.submit(form, { line: '120%' })
    expect(form.errors).toEqual({ line: expect.stringContaining('from 1% to 100%') })
    await ada.submit(await (await ada.submit(form, { line: 'off' })).view())
    expect(await bot.ledger.alertLine('slack:T01')).toMatchObject({ amount: null, percent: 0 })
  })
})
