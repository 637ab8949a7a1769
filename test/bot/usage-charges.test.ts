import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StoredMessage } from '../fakes/slack.ts'
import { type Bot, startBot } from './support/bot.ts'
import { shown } from './support/shown.ts'

const report = (bot: Bot): Promise<StoredMessage> => bot.slack.person('U07ABC').command('/credits usage 7d')

const clickCsv = async (bot: Bot, userId = 'U07ABC') =>
  bot.slack.person(userId).click(await report(bot), 'usage_csv')

async function use(bot: Bot): Promise<void> {
  for (const [account, agent] of [
    ['slack:T01', 'support'],
    ['slack:T02', 'theirs'],
  ] as const) {
    await bot.ledger.grant(account, { type: 'free', amount: '50' })
    await bot.ledger.charge(account, { amount: '1.25', category: 'LLM', agent })
  }
}

describe('charges as CSV, where the server has a public address', () => {
  let bot: Bot
  beforeAll(async () => {
    bot = await startBot({ server: { links: { baseUrl: 'https://credits.example.com', secret: 'secret' } } })
    await use(bot)
  })
  afterAll(() => bot.close())

  /** What the link in a message opens. */
  async function download(message: StoredMessage): Promise<string> {
    const [, path] =
      /https:\/\/credits\.example\.com(\/files[^"]+)/.exec(JSON.stringify(message.blocks)) ?? []
    return (await fetch(`${bot.server.url}${path ?? ''}`)).text()
  }

  it('come as a link that only who asked sees', async () => {
    const message = await (await clickCsv(bot)).message()
    expect(message.ephemeralTo).toBe('U07ABC')
    expect(shown(message)).toContain('For 15 minutes, and for whoever has the link')
    expect(message.text).not.toContain('signature')
    const csv = await download(message)
    expect(csv).toContain('support')
    expect(csv).not.toContain('theirs')
    expect(bot.logged('Answered').filter(({ path }) => path === '/files/charges.csv')).toHaveLength(1)
    expect(JSON.stringify(bot.logged('Answered'))).not.toMatch(/signature|expires/)
  })

  it('are those of who clicks, whoever was shown the button', async () => {
    bot.slack.person('U99', { team: 'T02' })
    const message = await (await clickCsv(bot, 'U99')).message()
    expect(await download(message)).toContain('theirs')
  })

  it('are refused for what is no period, with the reason', async () => {
    const given = await report(bot)
    const forged = JSON.parse(
      JSON.stringify(given).replaceAll(/usage \d{4}-\d{2}-\d{2} \d{4}-\d{2}-\d{2}/g, 'usage 999d'),
    ) as StoredMessage
    const click = await bot.slack.person('U07ABC').click(forged, 'usage_csv')
    expect(shown(await click.message())).toContain('Usage is shown for 1 to 366 days, not 999.')
    expect(bot.logged('Refused a click')).toContainEqual(
      expect.objectContaining({ actionId: 'usage_csv', code: 'invalid_usage_query' }),
    )
  })
})

describe('charges as CSV, where nothing reaches the server', () => {
  let bot: Bot
  beforeAll(async () => {
    bot = await startBot()
    await use(bot)
  })
  afterAll(() => bot.close())

  it('come as a file in a direct message', async () => {
    const click = await clickCsv(bot)
    const [file] = await bot.slack.until(
      () => (bot.slack.files().some(({ channel }) => channel !== undefined) ? bot.slack.files() : undefined),
      'a file',
    )
    expect(file).toMatchObject({
      channel: 'DU07ABC',
      name: expect.stringMatching(/^charges-.+\.csv$/) as string,
    })
    expect(file?.content?.toString()).toContain('support')
    expect(shown(await click.message())).toContain('Sent to you as a direct message')
  })

  it('are too many for a file', async () => {
    const { sql } = bot.ledger.database
    await sql`
      insert into charges (account_id, id, category, amount, debt, draw_batches, draw_amounts, agent, estimated, charged_at)
      select 'slack:T01', gen_random_uuid(), 'LLM', 0, 0, '{}', '{}', repeat('x', 200), false, clock_timestamp()
      from generate_series(1, 10000)`
    const click = await clickCsv(bot)
    expect(shown(await click.message())).toContain('There are too many charges from ')
    await sql`delete from charges where amount = 0`
  })

  it('tell of a failure', async () => {
    bot.slack.fail('files.getUploadURLExternal', { error: 'internal_error' })
    const click = await clickCsv(bot)
    expect(shown(await click.message())).toContain('Something went wrong (ref ')
    expect(bot.logged('A usage button failed')).toHaveLength(1)
  })
})
