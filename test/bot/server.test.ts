import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createLogger, createServer, type CreditsServer, signBody } from '../../bot/index.ts'
import { SignedLinks } from '../../bot/links.ts'
import { commandForm, postSigned, SIGNING_SECRET } from '../fakes/slack.ts'
import { type Bot, startBot } from './support/bot.ts'

describe('the server', () => {
  let bot: Bot
  beforeAll(async () => {
    bot = await startBot()
  })
  afterAll(() => bot.close())

  it('is alive, and ready once Slack knows the token', async () => {
    const health = await fetch(`${bot.server.url}/healthz`)
    expect([health.status, await health.json()]).toEqual([200, { status: 'ok' }])
    await vi.waitFor(async () => {
      const { status, report } = await bot.readyz()
      expect(status).toBe(200)
      expect(report).toEqual({
        ready: true,
        database: { status: 'ready', migrations: { applied: expect.any(Number), known: expect.any(Number) } },
        jobs: { status: 'ready' },
        slack: { status: 'ready', team: 'Acme' },
      })
    })
  })

  it('answers 404 elsewhere', async () => {
    expect((await fetch(`${bot.server.url}/favicon.ico`)).status).toBe(404)
    expect((await fetch(`${bot.server.url}/`, { method: 'POST' })).status).toBe(404)
    expect((await fetch(`${bot.server.url}/slack/events`)).status).toBe(404)
    expect((await fetch(`${bot.server.url}/slack/install`)).status).toBe(404)
    expect((await fetch(`${bot.server.url}/files/chart.png`)).status).toBe(404)
  })

  it('gives each request an id, which the log names; and logs neither query nor body', async () => {
    const response = await postSigned(bot.server.url, commandForm('help with my secret plan'))
    const requestId = response.headers.get('x-request-id')
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/)
    await fetch(`${bot.server.url}/missing?token=hunter2`)
    expect(bot.logged('Answered')).toContainEqual(
      expect.objectContaining({ requestId, method: 'POST', path: '/slack/events', status: 200 }),
    )
    expect(bot.logged('Answered')).toContainEqual(expect.objectContaining({ path: '/missing', status: 404 }))
    expect(JSON.stringify(bot.logged('Answered'))).not.toMatch(/secret plan|hunter2/)
  })

  it.each([
    ['with its length', { 'content-length': String(2 * 1024 * 1024) }],
    ['in chunks', { 'transfer-encoding': 'chunked' }],
  ])('refuses a body that is too large, sent %s', async (_, headers) => {
    expect(await postZeros(bot.server.url, 2 * 1024 * 1024, headers)).toBe(413)
  })

  it('answers a command that comes in chunks, and a request without a body', async () => {
    const body = commandForm('help')
    const timestamp = String(Math.floor(Date.now() / 1000))
    const response = await fetch(`${bot.server.url}/slack/events`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'x-slack-request-timestamp': timestamp,
        'x-slack-signature': signBody(body, timestamp, SIGNING_SECRET),
      },
      // A stream has no length, so it is sent in chunks.
      body: new Blob([body]).stream(),
      duplex: 'half',
    })
    expect(response.status).toBe(200)
    expect(await response.text()).toContain('/credits balance')
    expect((await fetch(`${bot.server.url}/slack/events`, { method: 'POST' })).status).toBe(401)
  })

  it('says that a port is taken', async () => {
    const port = Number(new URL(bot.server.url).port)
    await expect(createServer({ ledger: bot.ledger, port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })

  it('is not ready while the schema is not the one it knows, or the database is away', async () => {
    const { sql } = bot.ledger.database
    const ready = { status: 200 }
    await sql`insert into public.credits_migrations (version) values (99999999999999)`
    expect(await bot.readyz()).toMatchObject({
      status: 503,
      report: { ready: false, database: { status: 'not_migrated' } },
    })
    await sql`delete from public.credits_migrations where version = 99999999999999`
    expect(await bot.readyz()).toMatchObject(ready)

    // A lock that keeps the answer back stands for a database that hangs.
    const release = Promise.withResolvers<void>()
    const locked = Promise.withResolvers<void>()
    const lock = sql.begin(async (transaction) => {
      await transaction`lock table public.credits_migrations in access exclusive mode`
      locked.resolve()
      await release.promise
    })
    await locked.promise
    const during = await Promise.all([bot.readyz(), bot.readyz(), bot.readyz()])
    release.resolve()
    await lock
    for (const { status, report } of during) {
      expect(status).toBe(503)
      expect(report.database).toEqual({ status: 'unreachable', reason: 'no answer within 2000 ms' })
    }
    await vi.waitFor(async () => expect(await bot.readyz()).toMatchObject(ready))

    await bot.ledger.close()
    expect(await bot.readyz()).toMatchObject({ status: 503, report: { database: { status: 'unreachable' } } })
  })
})

describe('the server that others reach', () => {
  const publicUrl = 'https://credits.example.com'
  const secret = '0123456789abcdef0123456789abcdef'
  let bot: Bot
  let server: CreditsServer
  beforeAll(async () => {
    bot = await startBot({ withSlack: false })
    server = await createServer({
      ledger: bot.ledger,
      port: 0,
      logger: createLogger('silent'),
      links: { baseUrl: publicUrl, secret },
      slack: {
        signingSecret: secret,
        oauth: {
          clientId: '12.34',
          clientSecret: secret,
          stateSecret: secret,
          encryptionKey: Buffer.alloc(32),
          publicUrl,
        },
      },
    })
  })
  afterAll(async () => {
    await server.stop()
    await bot.close()
  })

  it('lets workspaces install the app, from its page', async () => {
    expect(await (await fetch(server.url)).text()).toContain('href="/slack/install"')
    const install = await fetch(`${server.url}/slack/install`, { redirect: 'manual' })
    expect(install.status).toBe(302)
    expect(install.headers.get('location')).toMatch(/^https:\/\/slack\.com\/oauth\/v2\/authorize\?/)
  })

  it('opens what links name that it signed, and nothing else', async () => {
    await bot.ledger.grant('acme', { type: 'paid', amount: '5' })
    const links = new SignedLinks({ baseUrl: server.url, secret })
    const period = { account: 'acme', from: '2026-11-01', to: '2026-11-07', timeZone: 'UTC' }
    const forged = await fetch(`${server.url}/files/chart.png?account=acme`)
    expect(forged.status).toBe(403)
    const chart = await fetch(links.sign('/files/chart.png', period, 60_000))
    expect([chart.status, chart.headers.get('content-type')]).toEqual([200, 'image/png'])
  })
})

describe('the server without Slack', () => {
  let bot: Bot
  beforeAll(async () => {
    bot = await startBot({ withSlack: false })
  })
  afterAll(() => bot.close())

  it('serves, and says what is missing: in the log, in /readyz, and to whom posts there', async () => {
    const missing = ['SLACK_SIGNING_SECRET', 'SLACK_BOT_TOKEN']
    expect(await bot.readyz()).toMatchObject({
      status: 200,
      report: { ready: true, slack: { status: 'not_configured', missing } },
    })
    const response = await postSigned(bot.server.url, commandForm(''))
    expect(response.status).toBe(503)
    expect(await response.json()).toEqual({
      error: 'slack_not_configured',
      message: 'Set SLACK_SIGNING_SECRET and SLACK_BOT_TOKEN, then restart.',
      missing,
    })
    expect(bot.logged('Slack is not connected: set SLACK_SIGNING_SECRET and SLACK_BOT_TOKEN')).toHaveLength(1)
    expect(bot.slack.calls.all('auth.test')).toEqual([])
  })
})

/** Posts zeros without waiting for the answer to begin; `fetch` would set the length itself. */
function postZeros(serverUrl: string, length: number, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const post = request(`${serverUrl}/slack/events`, { method: 'POST', headers }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    post.on('error', reject)
    post.end(Buffer.alloc(length))
  })
}
