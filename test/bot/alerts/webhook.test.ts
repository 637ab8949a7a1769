import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Hono } from 'hono'
import { signAlert } from '../../../bot/alerts/webhook.ts'
import { createLogger } from '../../../bot/log.ts'
import { serveOnLoopback } from '../../../demo/loopback.ts'
import { type CreditLedger, openCredits } from '../../../src/index.ts'
import { type FakeSlack, startFakeSlack } from '../../fakes/slack.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { tokenOf } from '../jobs/support/workspaces.ts'
import { Episode } from './support/episodes.ts'
import { type AlertStack, startAlerts } from './support/stack.ts'

const SECRET = 'a secret of thirty-two characters'
const ACCOUNT = 'slack:T01'

interface Received {
  readonly body: string
  readonly timestamp: string
  readonly signature: string
}

let database: TestDatabase
let ledger: CreditLedger
let slack: FakeSlack
let receiver: Awaited<ReturnType<typeof serveOnLoopback>>
let stack: AlertStack
let received: Received[]
/** What the next requests are answered with; then 204. */
let answers: Response[]
let lines: string[]

beforeEach(async () => {
  database = await createTestDatabase()
  ledger = await openCredits({ url: database.url })
  slack = await startFakeSlack()
  slack.grant(tokenOf('T01'), 'T01')
  received = []
  answers = []
  lines = []
  const app = new Hono()
  app.post('/alerts', async (c) => {
    received.push({
      body: await c.req.text(),
      timestamp: c.req.header('x-credits-timestamp') ?? '',
      signature: c.req.header('x-credits-signature') ?? '',
    })
    return answers.shift() ?? c.body(null, 204)
  })
  app.post('/elsewhere', (c) => {
    received.push({ body: 'elsewhere', timestamp: '', signature: '' })
    return c.body(null, 204)
  })
  receiver = await serveOnLoopback(app)
  await ledger.grant(ACCOUNT, { type: 'free', amount: '5.25', key: 'first' })
  stack = startAlerts({
    ledger,
    logger: createLogger('info', { write: (line) => void lines.push(line) }),
    apiUrl: slack.apiUrl,
    webhook: { url: `${receiver.url}/alerts`, secret: SECRET },
  })
})

afterEach(async () => {
  await stack.stop()
  await receiver.close()
  await slack.close()
  await ledger.close()
  await database.drop()
})

const until = (condition: () => boolean) => vi.waitUntil(condition, { timeout: 20_000, interval: 20 })
const bodies = () => received.map(({ body }) => JSON.parse(body) as Record<string, unknown>)

describe('the alert webhook', () => {
  it('gets each version, signed, with amounts as decimal strings', async () => {
    const episode = await Episode.begin(ledger, ACCOUNT, { level: 2 })
    await until(() => received.length === 1)
    await episode.change({ isOver: true })
    await until(() => received.length === 2)

    const [first, second] = bodies()
    expect(first).toMatchObject({
      id: episode.id,
      version: 1,
      account: ACCOUNT,
      kind: 'low_balance',
      level: 2,
      resolvedAt: null,
      balance: { settled: '5.25', held: '0', available: '5.25', debt: '0' },
    })
    expect(second).toMatchObject({ id: episode.id, version: 2, level: 0 })
    expect(Date.parse(String(second?.['resolvedAt']))).toBeGreaterThan(
      Date.parse(String(second?.['raisedAt'])),
    )
    for (const { body, timestamp, signature } of received) {
      expect(signature).toBe(signAlert(body, timestamp, SECRET))
      expect(Math.abs(Date.now() / 1000 - Number(timestamp))).toBeLessThan(60)
    }
  })

  it('is asked again after an error, and as late as it asks for', async () => {
    answers = [
      new Response(null, { status: 500 }),
      new Response(null, { status: 503, headers: { 'retry-after': '1' } }),
    ]
    await Episode.begin(ledger, ACCOUNT)
    await until(() => received.length === 3)

    expect(bodies().map(({ version }) => version)).toEqual([1, 1, 1])
    expect(lines.filter((line) => line.includes('A job failed; it will be tried again'))).toHaveLength(1)
    expect(lines.join()).not.toContain(SECRET)
  })

  it('is not followed to where it points, and given up where it is gone', async () => {
    answers = [
      new Response(null, { status: 307, headers: { location: `${receiver.url}/elsewhere` } }),
      new Response(null, { status: 410 }),
    ]
    await Episode.begin(ledger, ACCOUNT)
    await until(() => stack.jobs.state().givenUp === 1)

    expect(received).toHaveLength(2)
    expect(received.map(({ body }) => body)).not.toContain('elsewhere')
  })
})
