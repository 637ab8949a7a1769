import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN_CONFIRM_ACTION } from '../../../bot/views/admin/preview.ts'
import { GRANT_CREDIT_ACTION } from '../../../bot/views/actions.ts'
import { OPEN_BATCHES_ACTION } from '../../../bot/views/batches.ts'
import type { Person } from '../../fakes/slack.ts'
import { ADMIN_CHANNEL, postButtons, wordsOf } from '../admin/support.ts'
import { type Bot, startBot, TRANSPORTS } from '../support/bot.ts'
import { lockLedger } from '../support/lock.ts'

describe.each(TRANSPORTS)('buttons and modals over %s', (transport) => {
  let bot: Bot
  let ada: Person
  let bob: Person
  beforeAll(async () => {
    bot = await startBot({ transport, slack: { settings: { admins: [], adminChannel: ADMIN_CHANNEL } } })
    await bot.ledger.grant('slack:T01', { type: 'free', amount: '12.5', expiresIn: '30d' })
    ada = bot.slack.person('U0ADA', { admin: true, tz: 'Europe/Berlin' })
    bob = bot.slack.person('U0BOB')
  })
  afterAll(() => bot.close())

  const grantsNoted = async (note: string) =>
    (await bot.ledger.batches('slack:T01')).filter((batch) => batch.note === note)

  it('a modal opens with what the ledger says', async () => {
    const list = await bob.command('/credits batches')
    const view = await (await bob.click(list, OPEN_BATCHES_ACTION)).view()
    expect(wordsOf(view)).toContain('12.5')
  })

  it('a modal opens within 3 s while the ledger is slow, and shows what it says as soon as it does', async () => {
    const list = await bob.command('/credits batches')
    const lock = await lockLedger(bot.database.url)
    const clicked = await bob.click(list, OPEN_BATCHES_ACTION)
    const view = await clicked.view()
    expect(wordsOf(view)).not.toContain('12.5')
    await lock.release()
    await bot.slack.viewThat(view.id, (shown) => wordsOf(shown).includes('12.5'))
  })

  it('a modal that somebody else updated meanwhile is read again, not overwritten', async () => {
    const list = await bob.command('/credits batches')
    const lock = await lockLedger(bot.database.url)
    bot.slack.fail('views.update', { error: 'hash_conflict' })
    const view = await (await bob.click(list, OPEN_BATCHES_ACTION)).view()
    await lock.release()
    await bot.slack.viewThat(view.id, (shown) => wordsOf(shown).includes('12.5'))
    const updates = bot.slack.calls.all('views.update').filter(({ args }) => args['view_id'] === view.id)
    expect(updates.map(({ answer }) => answer?.['error'])).toEqual(['hash_conflict', undefined])
  })

  it('a grant is made once under double clicks and duplicate deliveries', async () => {
    const preview = await ada.command('/credits grant slack:T01 3 paid note Once')
    const clicks = await Promise.all([1, 2, 3].map(() => ada.click(preview, ADMIN_CONFIRM_ACTION)))
    for (const click of clicks)
      expect((await (await click.again()).message(1)).text).toContain('Granted 3 Paid')
    expect(await grantsNoted('Once')).toHaveLength(1)
    await expect.poll(() => bot.slack.messages(ADMIN_CHANNEL)).toHaveLength(1)
  })

  it('a grant whose command is delivered twice is made once, whichever previews are confirmed', async () => {
    const typed = await ada.type('/credits grant slack:T01 3 paid note Twice')
    const previews = [await typed.message(0), await (await typed.again()).message(1)]
    for (const preview of previews) {
      const confirmed = await ada.click(preview, ADMIN_CONFIRM_ACTION)
      expect((await confirmed.message()).text).toContain('Granted 3 Paid')
    }
    expect(await grantsNoted('Twice')).toHaveLength(1)
    await ada.click(await ada.command('/credits grant slack:T01 3 paid note Twice'), ADMIN_CONFIRM_ACTION)
    await expect.poll(() => grantsNoted('Twice')).toHaveLength(2)
  })

  it('a form is filled in, corrected, submitted and confirmed, and sent twice counts once', async () => {
    const alert = await postButtons(bot.slack, 'C1', {
      type: 'button',
      action_id: GRANT_CREDIT_ACTION,
      text: { type: 'plain_text', text: 'Grant credit' },
      value: 'slack:T01',
    })
    const form = await (await ada.click(alert, GRANT_CREDIT_ACTION)).view()
    await ada.submit(form, { amount: 'ten', type: 'free', note: 'Form' })
    expect(Object.values(form.errors)).toHaveLength(1)
    const preview = await (await ada.submit(form, { amount: '10', type: 'free', note: 'Form' })).view()
    const submitted = await ada.submit(preview)
    await submitted.again()
    expect(await grantsNoted('Form')).toHaveLength(1)
  })

  it('nobody but an admin gets further than a refusal', async () => {
    expect((await bob.command('/credits grant slack:T01 3 paid note Mine')).text).toContain('Only admins')
    const preview = await ada.command('/credits grant slack:T01 3 paid note Mine')
    expect((await (await bob.click(preview, ADMIN_CONFIRM_ACTION)).message()).text).toContain('Only admins')
    expect(await grantsNoted('Mine')).toEqual([])
  })

  it('a right is not guessed while Slack does not tell', async () => {
    bot.slack.fail('users.info', { status: 500 }, { times: 2 })
    const eve = bot.slack.person('U0EVE', { admin: true })
    expect((await eve.command('/credits grant slack:T01 3 paid note Eve')).text).toContain('Only admins')
    expect((await eve.command('/credits grant slack:T01 3 paid note Eve')).text).toContain('Not done yet')
  })

  it('a modal that Slack does not open is no silence, and the next click opens it', async () => {
    const list = await bob.command('/credits batches')
    bot.slack.fail('views.open', { status: 429, retryAfterSeconds: 30 })
    const clicked = await bob.click(list, OPEN_BATCHES_ACTION)
    expect(clicked.acknowledgement.status).toBe(200)
    expect((await clicked.message()).text).toMatch(/again/)
    const view = await (await bob.click(list, OPEN_BATCHES_ACTION)).view()
    expect(wordsOf(view)).toContain('12.5')
  })
})
