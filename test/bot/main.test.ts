import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serve } from '../../bot/index.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { deliver, paidSession, stripeEvent, WEBHOOK_SECRET } from '../fakes/stripe.ts'

const SECRET = '0123456789abcdef0123456789abcdef'

let database: TestDatabase
let server: Awaited<ReturnType<typeof serve>>
beforeAll(async () => {
  database = await createTestDatabase()
  server = await serve({
    DATABASE_URL: database.url,
    PORT: '0',
    LOG_LEVEL: 'silent',
    PUBLIC_URL: 'https://credits.example.com',
    TRUST_PROXY: '1',
    RATE_LIMIT: '2',
    METRICS_TOKEN: SECRET,
    CREDITS_LINK_SECRET: SECRET,
    STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
  })
})
afterAll(async () => {
  await server.stop()
  await database.drop()
})

/** As the proxy passes it on from this address. */
const get = (path: string, address: string, headers: Record<string, string> = {}) =>
  fetch(`${server.url}${path}`, { headers: { 'x-forwarded-for': address, ...headers } })

describe('the settings', () => {
  it('guard the metrics', async () => {
    expect((await get('/metrics', '10.0.0.1')).status).toBe(401)
    expect((await get('/metrics', '10.0.0.1', { authorization: `Bearer ${SECRET}` })).status).toBe(200)
  })

  it('limit each address that the proxy names', async () => {
    expect((await get('/', '10.0.0.2')).status).toBe(200)
    expect((await get('/', '10.0.0.2')).status).toBe(200)
    expect((await get('/', '10.0.0.2')).status).toBe(429)
    expect((await get('/', '10.0.0.3')).status).toBe(200)
  })

  it('serve files, to who has a link', async () => {
    expect((await get('/files/chart.png', '10.0.0.4')).status).toBe(403)
  })

  it('take payments, which say themselves what they buy', async () => {
    const session = paidSession('cs_main', { metadata: {} })
    expect(await deliver(server.url, stripeEvent('checkout.session.completed', session))).toMatchObject({
      status: 200,
      answer: { outcome: 'not_about_credit' },
    })
  })
})
