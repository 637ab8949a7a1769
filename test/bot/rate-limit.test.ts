import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLogger, createServer, type CreditsServer } from '../../bot/index.ts'
import { RateLimit } from '../../bot/rate-limit.ts'
import { type CreditLedger, openCredits } from '../../src/index.ts'
import {
  BOT_TOKEN,
  commandForm,
  type FakeSlack,
  postSigned,
  SIGNING_SECRET,
  startFakeSlack,
} from '../fakes/slack.ts'
import { deliver, stripeEvent, WEBHOOK_SECRET } from '../fakes/stripe.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

describe('RateLimit', () => {
  it('lets so many through at once, then one as often as the minute allows', () => {
    let now = 0
    const limit = new RateLimit(60, () => now)
    const taken = Array.from({ length: 60 }, () => limit.take('a'))
    expect(new Set(taken)).toEqual(new Set([0]))
    expect(limit.take('a')).toBe(1)
    now += 999
    expect(limit.take('a')).toBe(1)
    now += 1
    expect(limit.take('a')).toBe(0)
    expect(limit.take('a')).toBe(1)
    now += 3_600_000
    const later = Array.from({ length: 61 }, () => limit.take('a'))
    expect(later.filter((wait) => wait === 0)).toHaveLength(60)
  })

  it('says how long to wait', () => {
    const limit = new RateLimit(2, () => 0)
    expect([limit.take('a'), limit.take('a'), limit.take('a')]).toEqual([0, 0, 30])
  })

  it('counts each address by itself, and remembers a bounded number of them', () => {
    const limit = new RateLimit(1, () => 0)
    for (const address of ['a', 'b']) expect(limit.take(address)).toBe(0)
    for (const address of ['a', 'b']) expect(limit.take(address)).toBe(60)
    for (let index = 0; index < 9_999; index += 1) {
      limit.take(`other ${index}`)
      limit.take('a')
    }
    expect(limit.take('a')).toBe(60)
    expect(limit.take('b')).toBe(0)
  })
})

describe('the server', () => {
  let database: TestDatabase
  let ledger: CreditLedger
  let slack: FakeSlack
  const servers: CreditsServer[] = []
  const serve = async (trustedProxies = 0) => {
    const server = await createServer({
      ledger,
      port: 0,
      logger: createLogger('silent'),
      slack: { signingSecret: SIGNING_SECRET, botToken: BOT_TOKEN, apiUrl: slack.apiUrl },
      stripe: {
        webhookSecret: WEBHOOK_SECRET,
        secretKey: undefined,
        creditsPerDollar: undefined,
        subscriptionGrace: '3d',
        apiUrl: undefined,
      },
      requestsPerMinute: 3,
      trustedProxies,
    })
    servers.push(server)
    return server.url
  }
  beforeAll(async () => {
    database = await createTestDatabase()
    ledger = await openCredits({ url: database.url })
    slack = await startFakeSlack()
  })
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.stop()))
    await slack.close()
    await ledger.close()
    await database.drop()
  })

  const statuses = async (count: number, ask: () => Promise<{ status: number }>) => {
    const seen: number[] = []
    for (let index = 0; index < count; index += 1) seen.push((await ask()).status)
    return seen
  }
  const unsigned = { headers: { 'x-slack-signature': 'v0=0' } }

  it('answers 429 to an address that asks too often, saying when to come back; but not to health checks', async () => {
    const url = await serve()
    expect(await statuses(4, () => fetch(url))).toEqual([200, 200, 200, 429])
    const refused = await fetch(`${url}/anything`)
    expect(refused.status).toBe(429)
    expect(refused.headers.get('retry-after')).toMatch(/^(19|20)$/)
    expect(await refused.json()).toMatchObject({ error: 'too_many_requests' })
    expect(await statuses(5, () => fetch(`${url}/healthz`))).toEqual([200, 200, 200, 200, 200])
    expect((await fetch(`${url}/readyz`)).status).not.toBe(429)
  })

  it('counts what is posted unsigned, and never what is signed', async () => {
    const url = await serve()
    const forged = () => postSigned(url, commandForm(''), unsigned)
    expect(await statuses(2, forged)).toEqual([401, 401])
    const badlySigned = () =>
      deliver(url, stripeEvent('customer.created', { id: 'c' }), { secret: 'whsec_x' })
    expect(await statuses(2, badlySigned)).toEqual([400, 429])
    expect(await statuses(2, forged)).toEqual([429, 429])
    const bare = () => postSigned(url, 'ssl_check=1', { headers: { 'x-slack-signature': undefined } })
    expect(await statuses(1, bare)).toEqual([429])

    expect(await statuses(5, () => postSigned(url, commandForm('')))).toEqual([200, 200, 200, 200, 200])
    const event = () => deliver(url, stripeEvent('customer.created', { id: 'c' }))
    expect(await statuses(5, event)).toEqual([200, 200, 200, 200, 200])
  })

  it('believes the proxies it is told of, and nobody else', async () => {
    const ask = (url: string, forwarded: string) =>
      fetch(url, { headers: { 'x-forwarded-for': forwarded } }).then(({ status }) => status)
    const bare = await serve(0)
    for (const last of [1, 2, 3]) expect(await ask(bare, `10.0.0.${last}`)).toBe(200)
    expect(await ask(bare, '10.0.0.4')).toBe(429)

    const proxied = await serve(1)
    for (const last of [1, 2, 3]) expect(await ask(proxied, `9.9.9.${last}, 10.0.0.1`)).toBe(200)
    expect(await ask(proxied, '9.9.9.4, 10.0.0.1')).toBe(429)
    expect(await ask(proxied, '10.0.0.1, 10.0.0.2')).toBe(200)
    // Whoever has one IPv6 address has the network.
    for (const last of ['1', '2:3', 'ffff']) expect(await ask(proxied, `2001:db8:1:2::${last}`)).toBe(200)
    expect(await ask(proxied, '2001:db8:1:2:3::9')).toBe(429)
    expect(await ask(proxied, '2001:db8:1:3::1')).toBe(200)
    for (const last of [1, 2, 3]) expect(await ask(proxied, `::ffff:10.1.0.${last}`)).toBe(200)
  })
})
