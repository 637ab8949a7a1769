import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { fixedAccount } from '../../../bot/index.ts'
import { ADMIN_CANCEL_ACTION, ADMIN_CONFIRM_ACTION } from '../../../bot/views/admin/preview.ts'
import { utcMoment } from '../../../bot/views/blocks.ts'
import type { Person, StoredMessage } from '../../fakes/slack.ts'
import { digestTables } from '../../support/ledger.ts'
import { type Bot, startBot } from '../support/bot.ts'
import { ADMIN_CHANNEL, auditsOf, requestIn, wordsOf } from './support.ts'

describe('/credits grant', () => {
  let bot: Bot
  let ada: Person
  let bob: Person
  beforeAll(async () => {
    bot = await startBot({ slack: { settings: { admins: ['U0LISTED'], adminChannel: ADMIN_CHANNEL } } })
    ada = bot.slack.person('U0ADA', { admin: true })
    bob = bot.slack.person('U0BOB')
  })
  afterAll(() => bot.close())

  it('shows what it would do, and writes nothing before it is confirmed', async () => {
    await bot.ledger.grant('slack:T01', { type: 'paid', amount: '5' })
    await bot.ledger.book('slack:T01', { key: 'owed', lines: [{ amount: '8', category: 'LLM' }] })
    const before = await digestTables(bot.ledger)
    const preview = await ada.command(
      '/credits grant <@U0BOB|bob> 12.345678 free expires 30d note For the pilot &amp; more',
    )
    expect(preview.ephemeralTo).toBe('U0ADA')
    expect(preview.text).toBe(
      'Grant 12.345678 Free credits. Account: `slack:T01`. Amount: `Free` 12.345678 credits. ' +
        `Expires: ${inDays(30)}. Available: -3 → 9.35. Note: For the pilot &amp; more. ` +
        ':busts_in_silhouette: `slack:T01` is the account of everyone here, not of <@U0BOB> alone. ' +
        ':warning: The debt of 3 credits is repaid from it first. Not done yet: confirm it.',
    )
    expect(wordsOf(preview)).toContain('"confirm":{"title":{"type":"plain_text","text":"Grant?"}')
    expect(await digestTables(bot.ledger)).toEqual(before)

    const done = await (await ada.click(preview, ADMIN_CONFIRM_ACTION)).message()
    expect(done).toBe(preview)
    expect(done.text).toContain('Granted 12.345678 Free credits.')
    expect(done.text).toContain('3 credits of it repaid debt at once.')
    expect(wordsOf(done)).not.toContain(ADMIN_CONFIRM_ACTION)
    const [batch] = await bot.ledger.batches('slack:T01')
    expect(batch).toMatchObject({
      type: 'free',
      source: 'adjustment',
      allocated: 12_345_678n,
      remaining: 9_345_678n,
      note: 'For the pilot & more',
    })
    expect(done.text).toContain(`Batch: \`${batch?.id}\``)
  })

  it('is done once and told once, however often it is confirmed', async () => {
    const preview = await ada.command('/credits grant slack:T01 7 paid note Once')
    const { id } = requestIn(preview)
    const clicks = await Promise.all(
      Array.from({ length: 20 }, () => ada.click(preview, ADMIN_CONFIRM_ACTION)),
    )
    const told = await Promise.all(clicks.map((click) => click.message()))
    expect(new Set(told.map(({ text }) => text)).size).toBe(1)
    const again = await (await clicks[0]?.again())?.message(1)
    expect(again?.text).toBe(told[0]?.text)

    const granted = (await bot.ledger.batches('slack:T01')).filter(({ note }) => note === 'Once')
    expect(granted).toHaveLength(1)
    const [batch] = granted
    expect(await entriesOf(bot, batch?.id)).toEqual([
      { kind: 'grant', actor: 'slack:T01:U0ADA', reason: 'Once' },
    ])
    const acted = bot.logged('An admin acted').filter(({ requestId }) => requestId === id)
    expect(acted[0]).toMatchObject({ action: 'grant', userId: 'U0ADA', amount: '7', batch: batch?.id })
    expect(JSON.stringify(acted)).not.toContain('Once')
    const audits = await auditsOf(bot, id)
    expect(audits).toHaveLength(1)
    expect(audits[0]?.text).toMatch(
      new RegExp(
        String.raw`^Granted 7 Paid credits\. Account: .slack:T01.\. .* Expires: never\. Batch: .${batch?.id}.\. ` +
          String.raw`Note: Once\. Available now: 16\.35 credits\. By <@U0ADA>\.$`,
      ),
    )
  })

  it('goes away when it is cancelled, and leaves nothing', async () => {
    const before = await digestTables(bot.ledger)
    const preview = await ada.command('/credits grant slack:T01 7 paid')
    await ada.click(preview, ADMIN_CANCEL_ACTION)
    await vi.waitFor(() => expect(preview.isDeleted).toBe(true))
    expect(await digestTables(bot.ledger)).toEqual(before)
  })

  it('says what is wrong, with an example', async () => {
    const { text } = await ada.command('/credits grant <@U0BOB|bob> 1,000 gratis')
    expect(text).toContain(`"1,000" is not a decimal number such as '12.5'.`)
    expect(text).toContain('Unknown kind of credit "gratis": give one of free, paid.')
    expect(text).toContain('`/credits grant @ada 100 free expires 30d note Welcome`')
    const { text: surplus } = await ada.command('/credits grant acme 5 free for 30 days')
    expect(surplus).toContain('"for 30 days" is not understood there')
    const { text: past } = await ada.command('/credits grant slack:T01 5 free expires 2020-01-01')
    expect(past).toContain('2020-01-01T00:00:00.000Z is past: give a later expiry, or never.')
    const { text: unknown } = await ada.command('/credits grant @kim 5 free')
    expect(unknown).toContain('Slack did not say who @kim is')
  })

  it('refuses people who are no admins, without effect, and logs who it was, but nothing they wrote', async () => {
    const preview = await ada.command('/credits grant slack:T01 9 paid note Secret')
    const before = await digestTables(bot.ledger)
    const typed = await bob.command('/credits grant slack:T01 9 paid note Secret')
    expect(typed.text).toBe('Only admins may use `/credits grant`.')
    const clicked = await (await bob.click(preview, ADMIN_CONFIRM_ACTION)).message()
    expect(clicked.text).toBe('Only admins may use `/credits grant`.')
    expect(clicked).not.toBe(preview)
    expect(await digestTables(bot.ledger)).toEqual(before)
    expect(bot.logged('Refused an admin command').at(-1)).toMatchObject({ userId: 'U0BOB', teamId: 'T01' })
    const refused = bot.logged('Refused an admin action').at(-1)
    expect(refused).toMatchObject({ action: 'grant', userId: 'U0BOB', teamId: 'T01', reason: 'no admin' })
    expect(JSON.stringify(refused)).not.toContain('Secret')
  })

  it('lets members act who are listed in the settings, but no guest', async () => {
    const listed = bot.slack.person('U0LISTED')
    expect((await listed.command('/credits grant slack:T01 1 free')).text).toContain('Grant 1 Free credit.')
    const guest = bot.slack.person('U0GUEST', { admin: true, guest: true })
    expect((await guest.command('/credits grant slack:T01 1 free')).text).toContain('Only admins')
    const member = await ada.command('/credits grant <@U0GUEST|guest> 1 free')
    expect(member.text).toContain('Only full members of this workspace have an account here')
  })

  it("refuses another workspace's account, also where a button carries it", async () => {
    const typed = await ada.command('/credits grant slack:T02 5 free')
    expect(typed.text).toContain("slack:T02 is someone else's")
    expect(bot.logged('Refused an admin action').at(-1)).toMatchObject({
      account: 'slack:T02',
      userId: 'U0ADA',
    })
    for (const account of ['slack:T02', 'slack:T012', 'slack:T0', 'acme', '<@U0BOB>']) {
      const preview = await ada.command('/credits grant slack:T01 5 free note Forged')
      const forged = { ...preview, blocks: forge(preview, 'slack:T01', account) }
      const clicked = await (await ada.click(forged, ADMIN_CONFIRM_ACTION)).message()
      expect(clicked.text).toContain("someone else's")
      expect(await bot.ledger.batches(account)).toEqual([])
    }
  })

  it('takes from a button no more than the admin could type', async () => {
    const preview = await ada.command('/credits grant slack:T01 5 free note Forged')
    for (const [from, to] of [
      ['"amount', '"source'],
      ['"5', '"-5'],
      ['grant', 'drop'],
    ] as const) {
      const forged = { ...preview, blocks: forge(preview, from.replace('"', '\\"'), to.replace('"', '\\"')) }
      const clicked = await (await ada.click(forged, ADMIN_CONFIRM_ACTION)).message()
      expect(clicked.text).toMatch(/negative|of another version/)
    }
    expect((await bot.ledger.batches('slack:T01')).some(({ note }) => note === 'Forged')).toBe(false)
  })

  it('is listed by the help for admins only', async () => {
    expect((await ada.command('/credits help')).text).toContain(
      '`/credits grant @user|ACCOUNT AMOUNT free|paid',
    )
    expect((await bob.command('/credits help')).text).not.toContain('grant')
  })
})

describe('/credits grant where all share one account', () => {
  let bot: Bot
  beforeAll(async () => {
    bot = await startBot({ slack: { accountOf: fixedAccount('acme') } })
  })
  afterAll(() => bot.close())

  it('grants to that account, and to no other', async () => {
    const ada = bot.slack.person('U0ADA', { admin: true })
    bot.slack.person('U0BOB')
    const preview = await ada.command('/credits grant <@U0BOB|bob> 5 free')
    expect(preview.text).toContain('`acme` is the account of everyone here')
    await (await ada.click(preview, ADMIN_CONFIRM_ACTION)).message()
    expect(await bot.ledger.balance('acme')).toMatchObject({ free: 5_000_000n })
    expect((await ada.command('/credits grant acme 5 free')).text).toContain('Available: 5 → 10.')
    expect((await ada.command('/credits grant globex 5 free')).text).toContain("globex is someone else's")
  })
})

/** The message as it would be if its button carried something else. */
const forge = (message: StoredMessage, from: string, to: string): StoredMessage['blocks'] =>
  JSON.parse(
    JSON.stringify(message.blocks).replaceAll(/"value":"(?:[^"\\]|\\.)*"/g, (value) =>
      value.replaceAll(from, to),
    ),
  ) as StoredMessage['blocks']

async function entriesOf(bot: Bot, batchId = ''): Promise<object[]> {
  const { sql } = bot.ledger.database
  return [...(await sql`select kind, actor, reason from entries where batch_id = ${batchId}`)]
}

const inDays = (days: number): string => utcMoment(new Date(Date.now() + days * 24 * 60 * 60 * 1000))
