import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { accountPerUser } from '../../../bot/index.ts'
import { GRANT_CREDIT_ACTION, SET_THRESHOLD_ACTION } from '../../../bot/views/actions.ts'
import { grantButton, thresholdButton } from '../../../bot/views/admin/buttons.ts'
import type { Person } from '../../fakes/slack.ts'
import { digestTables } from '../../support/ledger.ts'
import { type Bot, startBot } from '../support/bot.ts'
import { lockLedger } from '../support/lock.ts'
import { ADMIN_CHANNEL, auditsOf, postButtons, requestIn, wordsOf } from './support.ts'

describe('the form of a grant', () => {
  let bot: Bot
  let ada: Person
  let bob: Person
  beforeAll(async () => {
    bot = await startBot({ slack: { settings: { admins: [], adminChannel: ADMIN_CHANNEL } } })
  })
  beforeEach(() => {
    ada = bot.slack.person('U0ADA', { admin: true })
    bob = bot.slack.person('U0BOB')
  })
  afterAll(() => bot.close())

  it('opens on the command alone, names each mistake at its field, shows what it would do, and does it once', async () => {
    const opened = await ada.type('/credits grant')
    const form = await opened.view()
    expect(opened.messages()).toEqual([])
    expect(wordsOf(form)).toContain('Account `slack:T01`')
    expect(wordsOf(form)).not.toContain('users_select')

    await ada.submit(form, { amount: 'ten', type: 'free', expires: 'soon' })
    expect(form.errors).toEqual({
      amount: `Invalid amount: "ten" is not a decimal number such as '12.5'.`,
      expires: 'Invalid expiry "soon": give a time such as 30d, a date such as 2027-01-31, or never.',
    })
    const preview = await (await ada.submit(form, { amount: '10', type: 'free', note: 'Form' })).view()
    expect(wordsOf(preview)).toContain('Grant 10 Free credits')
    expect(await bot.ledger.batches('slack:T01')).toEqual([])

    const { id } = requestIn(preview)
    const submissions = await Promise.all(Array.from({ length: 5 }, () => ada.submit(preview)))
    const done = await submissions[0]?.view()
    expect(done?.content).toMatchObject({ title: { text: 'Done' } })
    expect(done?.content).not.toHaveProperty('submit')
    expect(await bot.ledger.batches('slack:T01')).toMatchObject([
      { allocated: 10_000_000n, type: 'free', note: 'Form', expiresAt: null },
    ])
    expect(await auditsOf(bot, id)).toHaveLength(1)
  })

  it('opens from the button at an alert, for its account', async () => {
    const alert = await postButtons(bot.slack, 'CALERTS', grantButton('slack:T01:U0BOB'))
    const form = await (await ada.click(alert, GRANT_CREDIT_ACTION)).view()
    expect(wordsOf(form)).toContain('Account `slack:T01:U0BOB`')
    const preview = await (await ada.submit(form, { amount: '3', type: 'paid', expires: '30d' })).view()
    await ada.submit(preview)
    expect(await bot.ledger.balance('slack:T01:U0BOB')).toMatchObject({ paid: 3_000_000n })
  })

  it("is refused to others than admins, and for another workspace's account", async () => {
    const before = await digestTables(bot.ledger)
    const alert = await postButtons(bot.slack, 'CALERTS', grantButton('slack:T01'), {
      ...thresholdButton('slack:T02'),
    })
    const clicked = await (await bob.click(alert, GRANT_CREDIT_ACTION)).message()
    expect(clicked.text).toBe('Only admins may use `/credits grant`.')
    const foreign = await (await ada.click(alert, SET_THRESHOLD_ACTION)).message()
    expect(foreign.text).toContain("slack:T02 is someone else's")
    expect(await digestTables(bot.ledger)).toEqual(before)
    expect(bot.logged('Refused an admin action').slice(-2)).toMatchObject([
      { action: 'grant', userId: 'U0BOB', reason: 'no admin' },
      { action: 'threshold', userId: 'U0ADA', account: 'slack:T02' },
    ])
  })

  it('asks at each step whether it is an admin who submits', async () => {
    const form = await (await ada.type('/credits grant')).view()
    const before = await digestTables(bot.ledger)
    const filled = { amount: '10', type: 'free' }
    expect(wordsOf(await (await bob.submit(form, filled)).view())).toContain('Only admins may do that.')
    const another = await (await ada.type('/credits grant')).view()
    const preview = await (await ada.submit(another, filled)).view()
    expect(wordsOf(await (await bob.submit(preview)).view())).toContain('Only admins may do that.')
    expect(await digestTables(bot.ledger)).toEqual(before)
  })

  it("is refused where a form carries another workspace's account", async () => {
    const form = await (await ada.type('/credits grant')).view()
    const preview = await (await ada.submit(form, { amount: '10', type: 'free' })).view()
    const metadata = String(preview.content.private_metadata).replace('slack:T01', 'slack:T02')
    preview.content = { ...preview.content, private_metadata: metadata }
    expect(wordsOf(await (await ada.submit(preview)).view())).toContain("slack:T02 is someone else's")
    expect(await bot.ledger.batches('slack:T02')).toEqual([])
  })

  it('acknowledges in time where the ledger is slow, and shows then what came of it', async () => {
    const form = await (await ada.type('/credits grant')).view()
    const lock = await lockLedger(bot.database.url)
    const submitted = await ada.submit(form, { amount: '10', type: 'free', note: 'Slow' })
    expect(submitted.acknowledgement.tookMs).toBeLessThan(2_500)
    expect(wordsOf(await submitted.view())).toContain('The ledger is slow just now.')
    await lock.release()
    const preview = await bot.slack.viewThat(form.id, (view) =>
      wordsOf(view).includes('Grant 10 Free credits'),
    )
    const again = await lockLedger(bot.database.url)
    await ada.submit(preview)
    await again.waitUntilWaitedFor()
    await again.release()
    await bot.slack.viewThat(form.id, (view) => wordsOf(view).includes('Granted 10 Free credits'))
  })

  it('lets it be confirmed again where nobody knows whether it was written', async () => {
    const form = await (await ada.type('/credits grant')).view()
    const preview = await (await ada.submit(form, { amount: '10', type: 'free', note: 'Unsure' })).view()
    const lock = await lockLedger(bot.database.url)
    const submitting = ada.submit(preview)
    await lock.waitUntilWaitedFor()
    await submitting
    await lock.cancelWaiting()
    const retry = await bot.slack.viewThat(form.id, (view) => wordsOf(view).includes('Confirm once more'))
    await lock.release()
    expect(retry.content).toMatchObject({ submit: { text: 'Confirm again' } })
    await ada.submit(retry)
    await vi.waitFor(async () => {
      expect(await bot.ledger.batches('slack:T01')).toContainEqual(
        expect.objectContaining({ note: 'Unsure' }),
      )
    })
  })

  it('says so where Slack did not wait, and nothing where a second delivery finds it open', async () => {
    bot.slack.fail('views.open', { error: 'expired_trigger_id' })
    expect((await ada.command('/credits grant')).text).toContain('Slack did not open the form in time.')
    const opened = await ada.type('/credits grant')
    await opened.view()
    const again = await opened.again()
    expect(again.acknowledgement.status).toBe(200)
    expect(again.messages()).toEqual([])
  })
})

describe('the form of a grant where each person has an account', () => {
  let bot: Bot
  beforeAll(async () => {
    bot = await startBot({ slack: { accountOf: accountPerUser } })
  })
  afterAll(() => bot.close())

  it('asks for whom, and takes members only', async () => {
    const ada = bot.slack.person('U0ADA', { admin: true })
    bot.slack.person('U0BOB')
    bot.slack.person('U0EVE', { stranger: true, team: 'T09' })
    const form = await (await ada.type('/credits grant')).view()
    await ada.submit(form, { account: 'U0EVE', amount: '10', type: 'free' })
    expect(form.errors).toEqual({ account: expect.stringContaining('Only full members of this workspace') })
    const preview = await (await ada.submit(form, { account: 'U0BOB', amount: '10', type: 'free' })).view()
    expect(wordsOf(preview)).toContain('`slack:T01:U0BOB` is the account of <@U0BOB>.')
    await ada.submit(preview)
    expect(await bot.ledger.balance('slack:T01:U0BOB')).toMatchObject({ free: 10_000_000n })
    expect(bot.logged('An admin acted')).toMatchObject([
      { action: 'grant', account: 'slack:T01:U0BOB', userId: 'U0ADA', amount: '10', available: '10' },
    ])
  })
})
