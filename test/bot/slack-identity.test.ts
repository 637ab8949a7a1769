import { afterEach, describe, expect, it, vi } from 'vitest'
import { BOT_TOKEN, typeCommand } from '../fakes/slack.ts'
import { type Bot, startBot } from './support/bot.ts'

describe('the bot token', () => {
  let bot: Bot
  afterEach(() => bot.close())

  it('that Slack refuses ends no process: it shows in the log and in /readyz, and /credits is answered', async () => {
    bot = await startBot({ prepare: (slack) => slack.revoke(BOT_TOKEN) })
    await vi.waitFor(async () => {
      expect(await bot.readyz()).toMatchObject({
        status: 503,
        report: { ready: false, slack: { status: 'rejected', reason: 'invalid_auth' } },
      })
    })
    const message = 'Slack refuses SLACK_BOT_TOKEN: reinstall the app and set its new token'
    expect(bot.logged(message)).toEqual([expect.objectContaining({ level: 'error', reason: 'invalid_auth' })])
    expect((await typeCommand(bot.server.url, '')).text).toContain('0 credits available')
  })

  it('that Slack cannot be asked about leaves the server ready: to restart it would not help', async () => {
    bot = await startBot({ prepare: (slack) => slack.fail('auth.test', { status: 503 }, { times: 5 }) })
    const unreachable = { status: 'unreachable', reason: expect.stringContaining('503') }
    await vi.waitFor(
      async () =>
        expect(await bot.readyz()).toMatchObject({
          status: 200,
          report: { ready: true, slack: unreachable },
        }),
      { timeout: 10_000 },
    )
    expect(bot.slack.calls.all('auth.test').length).toBeGreaterThan(1)
  })

  it('is asked about once, however many commands come', async () => {
    bot = await startBot()
    await vi.waitFor(async () => expect(await bot.readyz()).toMatchObject({ status: 200 }))
    await Promise.all(Array.from({ length: 20 }, () => typeCommand(bot.server.url, '')))
    expect(bot.slack.calls.all('auth.test')).toHaveLength(1)
  })
})
