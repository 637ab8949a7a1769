import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Bot, startBot } from './support/bot.ts'
import { shown } from './support/shown.ts'

let bot: Bot

beforeAll(async () => {
  bot = await startBot()
  const { ledger, slack } = bot
  slack.person('U07ABC', { tz: 'Asia/Tokyo' })
  await ledger.grant('slack:T01', { type: 'paid', amount: '500' })
  await ledger.grant('slack:T02', { type: 'paid', amount: '500' })
  const charge = (amount: string, agent: string, user: string, account = 'slack:T01') =>
    ledger.charge(account, { amount, category: 'LLM', model: 'gpt-5-mini', agent, user })
  for (let index = 1; index <= 7; index++) await charge(`${index}`, `agent-${index}`, 'U07ABC')
  await charge('9.5', 'support', 'visitor <42>')
  await charge('400', 'theirs', 'U99', 'slack:T02')
  await ledger.charge('slack:T01', { amount: '2.25', category: 'WebSearch', agent: 'support' })
})
afterAll(() => bot.close())

const ada = () => bot.slack.person('U07ABC')

describe('/credits usage', () => {
  it('shows what was used: by category, over time, and who used most', async () => {
    const message = await ada().command('/credits usage 7d')
    const lines = shown(message)
    expect(lines).toContain('39.75 credits used')
    expect(lines).toMatch(/From \d+ \w+ \d{4} to \d+ \w+ \d{4}, days in Asia\/Tokyo: 9 charges/)
    for (const category of ['37.5 credits (94 %)', '2.25 credits (6 %)', '0 credits (0 %)']) {
      expect(lines).toContain(category)
    }
    expect(lines).toContain('█ LLM  ▓ WebSearch  ░ SpeechToText')
    expect(lines).toContain('1. support: 11.75 credits, 2 charges')
    expect(lines).toContain('All others: 6 credits, 3 charges')
    expect(lines).toContain('1. @U07ABC: 28 credits, 7 charges')
    expect(lines).toContain('2. visitor <42>: 9.5 credits, 1 charge')
    expect(lines).toContain('1. gpt-5-mini: 37.5 credits, 8 charges')
    expect(lines).not.toContain('theirs')
    expect(message.text).toMatch(/^39\.75 credits used\. From /)
    expect(message.text).toContain('LLM 37.5, WebSearch 2.25, SpeechToText 0. Agents: support 11.75, ')
  })

  it('ranks one thing at length, in the period that was shown', async () => {
    const overview = await ada().command('/credits usage month')
    const click = await ada().click(overview, 'command:usage month by agent')
    const lines = shown(await click.message())
    expect(lines).toContain('8. agent-1: 1 credit, 1 charge')
    expect(lines).toContain('1. support ██████████████████ 11.75')
    expect(lines).not.toContain('gpt-5-mini')
    expect(lines).toContain('[ 7 days ]  [ 30 days ]  [ In short ]  [ By user ]  [ By model ]')
  })

  it('says what is wrong with a period', async () => {
    const message = await ada().command('/credits usage 2026-02-30 2026-03-01')
    expect(shown(message)).toContain('There is no day 2026-02-30.')
    expect(bot.logged('Refused a command')).toContainEqual(
      expect.objectContaining({ code: 'invalid_usage_query', userId: 'U07ABC' }),
    )
  })

  it('ranks the first of very many', async () => {
    bot.slack.person('U4BIG', { team: 'T04' })
    bot.slack.grant('xoxb-4444', 'T04')
    await bot.ledger.database.sql`
      insert into usage_buckets (account_id, starts_at, category, user_id, charges, amount)
      select 'slack:T04', date_bin('15 minutes', clock_timestamp(), 'epoch'), 'LLM', 'user-' || n, 1, 1000000
      from generate_series(1, 10001) as n`
    const big = bot.slack.person('U4BIG')
    const lines = shown(await big.command('/credits usage 7d'))
    expect(lines).toContain('10,001 credits used')
    expect(lines).toContain('5. user-10000: 1 credit, 1 charge\nAll others: 9,996 credits, 9,996 charges')
    expect(lines).toContain('1. _no agent named_: 10,001 credits')
    expect(shown(await big.command('/credits usage 7d by user'))).toContain('All others: 9,981 credits')
  })

  it('says so where nothing was used', async () => {
    bot.slack.person('U3NEW', { team: 'T03' })
    bot.slack.grant('xoxb-3333', 'T03')
    const message = await bot.slack.person('U3NEW').command('/credits usage')
    expect(shown(message)).toContain('0 credits used')
    expect(shown(message)).not.toContain('Charges as CSV')
  })
})

describe('the chart', () => {
  it("is Slack's own where the message can be refused, of the same days", async () => {
    const report = await ada().command('/credits usage 7d')
    const message = await (await ada().click(report, 'usage_chart')).message()
    const chart = message.blocks.find((block) => block.type === 'data_visualization')
    expect(chart).toMatchObject({ title: 'Credits used each day', chart: { type: 'bar' } })
    expect(message.ephemeralTo).toBe('U07ABC')
    expect(shown(message)).toContain('37.5 credits (94 %)')
    expect(shown(message)).not.toContain('Show chart')
  })

  it('is drawn in characters where the workspace has no charts', async () => {
    bot.slack.showCharts(false)
    const report = await ada().command('/credits usage 7d by agent')
    const message = await (await ada().click(report, 'usage_chart')).message()
    bot.slack.showCharts(true)
    expect(shown(message)).not.toContain('Show chart')
    expect(shown(message)).toContain('1. support ██████████████████ 11.75')
  })

  it('is of the account of who clicks, whoever was shown the button', async () => {
    const report = await ada().command('/credits usage 7d')
    bot.slack.person('U99', { team: 'T02' })
    bot.slack.grant('xoxb-2222', 'T02')
    const message = await (await bot.slack.person('U99').click(report, 'usage_chart')).message()
    expect(shown(message)).toContain('400 credits used')
  })
})
