import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createLogger, createServer, type CreditsServer } from '../../bot/index.ts'
import { type CreditLedger, openCredits } from '../../src/index.ts'
import {
  BOT_TOKEN,
  commandForm,
  type FakeSlack,
  postSigned,
  SIGNING_SECRET,
  startFakeSlack,
} from '../fakes/slack.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { lockLedger } from './support/lock.ts'

let database: TestDatabase
let ledger: CreditLedger
let slack: FakeSlack
let server: CreditsServer

async function startServer(metricsToken?: string): Promise<CreditsServer> {
  return createServer({
    ledger,
    port: 0,
    logger: createLogger('silent'),
    slack: { signingSecret: SIGNING_SECRET, botToken: BOT_TOKEN, apiUrl: slack.apiUrl },
    metricsToken,
  })
}

beforeAll(async () => {
  database = await createTestDatabase()
  ledger = await openCredits({ url: database.url })
  slack = await startFakeSlack()
  server = await startServer()
})
afterAll(async () => {
  await server.stop()
  await slack.close()
  await ledger.close()
  await database.drop()
})

/** The samples of a scrape, by name and labels as they are printed. */
async function scrape(url: string): Promise<Map<string, number>> {
  const response = await fetch(`${url}/metrics`)
  expect([response.status, response.headers.get('content-type')]).toEqual([
    200,
    expect.stringContaining('text/plain; version=0.0.4'),
  ])
  const samples = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    samples.map((line) => {
      const cut = line.lastIndexOf(' ')
      return [line.slice(0, cut), Number(line.slice(cut + 1))]
    }),
  )
}

describe('/metrics', () => {
  it('counts what was asked, answered and refused, without naming whatever was asked for', async () => {
    await postSigned(server.url, commandForm('help'))
    await postSigned(server.url, commandForm('help'))
    await postSigned(server.url, commandForm('help'), { headers: { 'x-slack-signature': 'v0=0' } })
    await fetch(`${server.url}/wp-login.php?secret=1`)
    const samples = await scrape(server.url)
    const answered = (labels: string) => samples.get(`agent_credits_http_request_seconds_count{${labels}}`)
    expect(answered('method="POST",route="/slack/events",status="200"')).toBe(2)
    expect(answered('method="POST",route="/slack/events",status="401"')).toBe(1)
    expect(answered('method="GET",route="other",status="404"')).toBe(1)
    expect(samples.get('agent_credits_slack_acknowledgement_seconds_count{kind="command"}')).toBe(2)
    expect(samples.get('agent_credits_refused_requests_total{reason="signature"}')).toBe(1)
    expect(samples.get('agent_credits_slack_calls_total{method="auth.test",outcome="ok"}')).toBeGreaterThan(0)
    expect(samples.get('process_cpu_seconds_total')).toBeGreaterThan(0)
    expect([...samples.keys()].join('\n')).not.toMatch(/wp-login|secret/)
  })

  it('counts what Slack refuses', async () => {
    const failing = await startFakeSlack()
    failing.revoke(BOT_TOKEN)
    const other = await createServer({
      ledger,
      port: 0,
      logger: createLogger('silent'),
      slack: { signingSecret: SIGNING_SECRET, botToken: BOT_TOKEN, apiUrl: failing.apiUrl },
    })
    const calls = 'agent_credits_slack_calls_total{method="auth.test",outcome="invalid_auth"}'
    await vi.waitFor(async () => expect((await scrape(other.url)).get(calls)).toBeGreaterThan(0))
    await other.stop()
    await failing.close()
  })

  it('shows what the ledger holds, of all accounts together', async () => {
    for (const account of ['a', 'b']) await ledger.grant(account, { type: 'paid', amount: '100' })
    await ledger.charge('a', { amount: '1.5', category: 'LLM' })
    await ledger.charge('b', { amount: '2', category: 'LLM' })
    await ledger.charge('b', { amount: '0.25', category: 'WebSearch' })
    await ledger.authorize('a', { amount: '7', category: 'LLM' })
    await ledger.raiseAlert('a', { kind: 'unpriced', subject: 'POST /images/generations' })
    // What another server would read: this one's may be a few seconds old.
    const other = await startServer()
    const samples = await scrape(other.url)
    await other.stop()
    const value = (name: string) => samples.get(`agent_credits_${name}`)
    expect(value('ledger_up')).toBe(1)
    expect(value('open_holds')).toBe(1)
    expect(value('held_credits')).toBe(7)
    expect(value('oldest_hold_seconds')).toBeGreaterThan(0)
    expect(value('oldest_hold_seconds')).toBeLessThan(60)
    expect(value('open_alerts{kind="unpriced",level="1"}')).toBe(1)
    expect(value('charges_today{category="LLM"}')).toBe(2)
    expect(value('charges_today{category="WebSearch"}')).toBe(1)
    expect(value('charges_today{category="SpeechToText"}')).toBe(0)
    expect(value('charged_credits_today{category="LLM"}')).toBe(3.5)
    expect(value('decisions{how="locked"}')).toBeGreaterThan(0)
    expect([...samples.keys()].filter((name) => name.includes('account'))).toEqual([])
  })

  it('counts refusals and measures hold times of all processes', async () => {
    const agent = await openCredits({ url: database.url })
    const slowAgent = await openCredits({ url: database.url })
    await agent.grant('c', { type: 'paid', amount: '10' })
    const call = { amount: '4', category: 'WebSearch' as const }
    const quick = await agent.authorize('c', call)
    await agent.capture('c', quick.id, '1')
    await agent.release('c', (await agent.authorize('c', call)).id)
    const slow = await agent.authorize('c', call)
    const heldUntil = Date.now() + 150
    await expect.poll(Date.now).toBeGreaterThan(heldUntil)
    await slowAgent.capture('c', slow.id, '1')
    const tooMuch = { amount: '9', category: 'LLM' as const }
    await expect(agent.authorize('c', tooMuch)).rejects.toMatchObject({ code: 'insufficient_credits' })
    await expect(agent.charge('c', tooMuch)).rejects.toMatchObject({ code: 'insufficient_credits' })
    const malformed = agent.authorize('c', { ...tooMuch, amount: 'nine' })
    await expect(malformed).rejects.toMatchObject({ code: 'invalid_amount' })
    await agent.close()

    const other = await startServer()
    const first = await scrape(other.url)
    await other.stop()
    expect(first.get('agent_credits_refusals_total{category="LLM",code="insufficient_credits"}')).toBe(2)
    expect([...first.keys()].filter((name) => name.includes('refusals_total'))).toHaveLength(1)
    const held = (samples: Map<string, number>, part: string) =>
      samples.get(`agent_credits_hold_seconds_${part}`)
    const search = 'category="WebSearch"'
    expect(held(first, `count{${search}}`), 'the other process has not told yet').toBe(2)
    expect(held(first, `bucket{${search},le="0.1"}`)).toBe(2)

    await slowAgent.close()
    const last = await startServer()
    const second = await scrape(last.url)
    await last.stop()
    expect(held(second, `count{${search}}`)).toBe(3)
    expect(held(second, `bucket{${search},le="0.1"}`)).toBe(2)
    expect(held(second, `bucket{${search},le="+Inf"}`)).toBe(3)
    expect(held(second, `sum{${search}}`)).toBeGreaterThan(0.15)
  })

  it('leaves out what the database does not tell in time, and tells the rest', async () => {
    const other = await startServer()
    const lock = await lockLedger(database.url)
    const samples = await scrape(other.url)
    await lock.release()
    await other.stop()
    expect(samples.get('agent_credits_ledger_up')).toBe(0)
    expect(samples.has('agent_credits_open_holds')).toBe(false)
    expect(samples.has('agent_credits_charges_today{category="LLM"}')).toBe(false)
    expect(samples.has('process_cpu_seconds_total')).toBe(true)
  })

  it('asks for the token where one is set', async () => {
    const guarded = await startServer('0123456789abcdef')
    const ask = async (authorization?: string) =>
      (await fetch(`${guarded.url}/metrics`, { headers: authorization ? { authorization } : {} })).status
    expect(await ask()).toBe(401)
    expect(await ask('Bearer 0123456789abcdee')).toBe(401)
    expect(await ask('Basic 0123456789abcdef')).toBe(401)
    expect(await ask('Bearer 0123456789abcdef')).toBe(200)
    await guarded.stop()
  })
})
