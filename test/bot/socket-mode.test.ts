import { afterEach, describe, expect, it, vi } from 'vitest'
import { APP_TOKEN, BOT_TOKEN, commandForm, postSigned } from '../fakes/slack.ts'
import { type Bot, startBot } from './support/bot.ts'
import { lockLedger } from './support/lock.ts'

const OTHER_TOKEN = 'xapp-1-A1-4444-revoked'

describe('Socket Mode', () => {
  let bot: Bot
  afterEach(() => bot.close())

  it('is ready once the socket is open, and takes nothing over HTTP', async () => {
    bot = await startBot({ transport: 'socket' })
    await vi.waitFor(async () =>
      expect(await bot.readyz()).toMatchObject({ status: 200, report: { slack: { status: 'ready' } } }),
    )
    const response = await postSigned(bot.server.url, commandForm(''))
    expect([response.status, await response.json()]).toMatchObject([404, { error: 'socket_mode' }])
  })

  it('connects anew when Slack asks for it, and when the connection breaks', async () => {
    bot = await startBot({ transport: 'socket' })
    const { sockets } = bot.slack
    const ada = bot.slack.person('U1')
    for (const disturb of [() => sockets.refresh(), () => sockets.drop()]) {
      disturb()
      const disturbedAt = performance.now()
      await sockets.connected()
      // Bolt's client would wait 5 s.
      expect(performance.now() - disturbedAt).toBeLessThan(4000)
      expect((await ada.command('/credits')).text).toContain('credits available')
    }
  })

  it('goes on trying while Slack cannot be reached', async () => {
    bot = await startBot({
      transport: 'socket',
      prepare(slack) {
        slack.fail('apps.connections.open', { status: 500 })
        slack.fail('apps.connections.open', { reset: true })
        slack.fail('apps.connections.open', { status: 429, retryAfterSeconds: 1 })
      },
    })
    expect(bot.logged('The socket to Slack cannot be opened; trying again')).toHaveLength(3)
    expect((await bot.slack.person('U1').command('/credits')).text).toContain('credits available')
  })

  it('that Slack refuses ends no process: it shows in the log and in /readyz', async () => {
    bot = await startBot({ connection: { appToken: OTHER_TOKEN, botToken: BOT_TOKEN } })
    await vi.waitFor(async () =>
      expect(await bot.readyz()).toMatchObject({
        status: 503,
        report: { slack: { status: 'rejected', reason: 'invalid_auth' } },
      }),
    )
    expect(bot.logged('Slack refuses SLACK_APP_TOKEN: set a new app-level token')[0]).toMatchObject({
      level: 'error',
    })
    expect(
      JSON.stringify(bot.logged('Slack refuses SLACK_APP_TOKEN: set a new app-level token')),
    ).not.toContain(OTHER_TOKEN)
  })

  it('answers what runs before it stops, and acknowledges nothing that it will not answer', async () => {
    bot = await startBot({ transport: 'socket' })
    await bot.ledger.grant('slack:T01', { type: 'paid', amount: '7' })
    const lock = await lockLedger(bot.database.url)
    const ada = bot.slack.person('U1')
    const running = ada.type('/credits')
    await lock.waitUntilWaitedFor()
    const stopped = bot.server.stop()
    await vi.waitFor(() => expect(bot.logged('Stopping')).toHaveLength(1))
    const late = ada.type('/credits')
    late.catch(() => {})
    await lock.release()
    expect((await (await running).message()).text).toContain('7 credits available')
    await stopped
    expect(bot.slack.sockets.count()).toBe(0)
    await expect(late).rejects.toThrow('The socket closed')
  })

  it('never shows a token in the log', async () => {
    bot = await startBot({ transport: 'socket' })
    bot.slack.sockets.drop()
    await bot.slack.sockets.connected()
    expect(JSON.stringify(bot.loggedLines())).not.toMatch(new RegExp(`${APP_TOKEN}|${BOT_TOKEN}`))
  })
})
