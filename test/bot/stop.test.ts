import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createLogger, createServer } from '../../bot/index.ts'
import { ADMIN_CONFIRM_ACTION } from '../../bot/views/admin/preview.ts'
import {
  BOT_TOKEN,
  type Call,
  checkMessage,
  commandForm,
  type FakeSlack,
  postSigned,
  SIGNING_SECRET,
  startFakeSlack,
} from '../fakes/slack.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { startProcess } from '../support/processes.ts'
import { type Bot, startBot } from './support/bot.ts'
import { type LedgerLock, lockLedger } from './support/lock.ts'

const CREDITS = new URL('../../credits.ts', import.meta.url)

describe('stop', () => {
  let bot: Bot
  let lock: LedgerLock
  const form = () => commandForm('balance', { response_url: bot.slack.responseUrl })
  beforeEach(async () => {
    bot = await startBot()
    await bot.ledger.grant('slack:T01', { type: 'paid', amount: '7' })
    lock = await lockLedger(bot.database.url)
  })
  afterEach(() => bot.close())

  it('takes nothing new, answers the request that is running, and does not wait for its connection', async () => {
    const running = postSigned(bot.server.url, form())
    await lock.waitUntilWaitedFor()
    const stopped = bot.server.stop()
    await expect(fetch(`${bot.server.url}/healthz`)).rejects.toThrow('fetch failed')
    await lock.release()
    expect(checkMessage(await (await running).json()).text).toContain('7 credits available')
    const answeredAt = performance.now()
    await stopped
    // Kept open for a next request, it would last 4 s.
    expect(performance.now() - answeredAt).toBeLessThan(2000)
  })

  it('waits for the answer to what was acknowledged already', async () => {
    const acknowledged = await postSigned(bot.server.url, form())
    expect(await acknowledged.text()).toBe('')
    const ended: string[] = []
    const answered = bot.slack.nextResponse().then((answer) => {
      ended.push('answered')
      return answer
    })
    const stopped = bot.server.stop().then(() => ended.push('stopped'))
    await expect(fetch(`${bot.server.url}/healthz`)).rejects.toThrow('fetch failed')
    await lock.release()
    expect((await answered).text).toContain('7 credits available')
    await stopped
    expect(ended).toEqual(['answered', 'stopped'])
  })

  it('finishes what was acknowledged, whoever holds a connection by a request that never ends', async () => {
    const { hostname, port } = new URL(bot.server.url)
    const holder = connect(Number(port), hostname)
    await once(holder, 'connect')
    // Cut off, it may end by an error.
    const closed = new Promise((resolve) => void holder.resume().on('error', resolve).on('close', resolve))
    holder.write('POST /slack/events HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n{')
    const acknowledged = await postSigned(bot.server.url, form())
    expect(await acknowledged.text()).toBe('')
    const answered = bot.slack.nextResponse()
    const stopped = bot.server.stop()
    await closed
    await lock.release()
    expect((await answered).text).toContain('7 credits available')
    await stopped
    expect(bot.logged('Stopped')).toHaveLength(1)
  })
})

describe('stop, with messages still to be posted', () => {
  const CHANNEL = 'C0ADMIN'
  const settings = { admins: [], adminChannel: CHANNEL }
  let bot: Bot
  beforeEach(async () => {
    bot = await startBot({ slack: { settings } })
  })
  afterEach(() => bot.close())

  /** An admin grants, which is told in the channel. */
  async function grant(): Promise<void> {
    const ada = bot.slack.person('U0ADA', { admin: true })
    const preview = await ada.command('/credits grant slack:T01 7 paid')
    await (await ada.click(preview, ADMIN_CONFIRM_ACTION)).message()
  }
  const isPost = ({ method, args }: Call) => method === 'chat.postMessage' && args['channel'] === CHANNEL

  it('waits for the one that is being posted', async () => {
    const released = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    const isBegun = () => {
      begun.resolve()
      return true
    }
    bot.slack.fail('chat.postMessage', { after: released.promise }, { of: isBegun })
    await grant()
    await begun.promise
    let hasStopped = false
    const stopped = bot.server.stop().then(() => {
      hasStopped = true
    })
    await expect(fetch(`${bot.server.url}/healthz`)).rejects.toThrow('fetch failed')
    expect(hasStopped).toBe(false)
    released.resolve()
    await stopped
    expect(bot.slack.messages(CHANNEL)).toHaveLength(1)
  })

  it('leaves what has to wait to the next start, which posts it once', async () => {
    bot.slack.fail('chat.postMessage', { status: 429, retryAfterSeconds: 1 })
    await grant()
    await bot.slack.calls.waitFor(isPost)
    await bot.server.stop()
    expect(bot.slack.messages(CHANNEL)).toEqual([])

    const next = await createServer({
      ledger: bot.ledger,
      port: 0,
      logger: createLogger('silent'),
      slack: { signingSecret: SIGNING_SECRET, botToken: BOT_TOKEN, apiUrl: bot.slack.apiUrl, settings },
    })
    await bot.slack.until(() => bot.slack.messages(CHANNEL)[0], 'the message that had to wait')
    await next.stop()
    expect(bot.slack.messages(CHANNEL)).toHaveLength(1)
  })
})

describe('credits serve', () => {
  let database: TestDatabase
  let slack: FakeSlack
  beforeAll(async () => {
    database = await createTestDatabase()
    slack = await startFakeSlack()
  })
  afterAll(async () => {
    await slack.close()
    await database.drop()
  })

  it('answers with the settings of the environment until SIGTERM, then finishes and ends with 0', async () => {
    const server = startProcess(CREDITS, ['serve'], {
      env: {
        DATABASE_URL: database.url,
        PORT: '0',
        SLACK_SIGNING_SECRET: SIGNING_SECRET,
        SLACK_BOT_TOKEN: BOT_TOKEN,
        SLACK_API_URL: slack.apiUrl,
        CREDITS_ACCOUNT: 'acme',
        SIGNUP_CREDITS: '7',
        SIGNUP_EXPIRES: '30d',
      },
    })
    const [, url = ''] = await server.waitForLine(/^Listening on (http:\/\/127\.0\.0\.1:\d+)$/)
    const lock = await lockLedger(database.url)
    const running = postSigned(url, commandForm('', { response_url: slack.responseUrl }))
    await lock.waitUntilWaitedFor()
    const ended = server.kill('SIGTERM')
    await server.waitForLine(/"msg":"Stopping"/)
    await lock.release()
    const answer = checkMessage(await (await running).json())
    expect(answer.text).toMatch(/^7 credits available: .* Free 7, Paid 0\. .*Next to expire: 7 credits on /)
    expect(await ended).toEqual({ code: 0, signal: null })
    expect(server.output()).toContain('"msg":"Stopped"')
    expect(server.output()).not.toContain(BOT_TOKEN)
    expect(server.output()).not.toContain(SIGNING_SECRET)
  })

  it('says every mistake in the settings, and ends with 1', async () => {
    const server = startProcess(CREDITS, ['serve'], {
      env: {
        DATABASE_URL: database.url,
        PORT: 'http',
        SLACK_BOT_TOKEN: 'xoxp-hunter2',
        SLACK_SIGNING_SECRET: '',
      },
    })
    expect(await server.ended).toEqual({ code: 1, signal: null })
    expect(server.output()).toMatch(/PORT must be a whole number[^]*SLACK_BOT_TOKEN must be the bot token/)
    expect(server.output()).not.toContain('hunter2')
  })

  it('serves without Slack, and says what is missing', async () => {
    const server = startProcess(CREDITS, ['serve'], {
      env: {
        DATABASE_URL: database.url,
        PORT: '0',
        SLACK_BOT_TOKEN: BOT_TOKEN,
        SLACK_SIGNING_SECRET: undefined,
      },
    })
    await server.waitForLine(/^Listening on /)
    await server.waitForLine(/Slack is not connected: set SLACK_SIGNING_SECRET"/)
    expect(await server.kill('SIGINT')).toEqual({ code: 0, signal: null })
  })
})
