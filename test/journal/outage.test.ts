/** A database that goes away under load, and comes back. */
import { setTimeout as sleep } from 'node:timers/promises'
import OpenAI from 'openai'
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { charges } from '../../db/schema.ts'
import { type OpenAiStandIn, startOpenAiStandIn } from '../../demo/openai-stand-in.ts'
import { metered } from '../../middleware/index.ts'
import { parseAmount } from '../../src/amount.ts'
import { type CreditLedger, openCredits } from '../../src/credits.ts'
import { openMeteredHold } from '../../src/meter.ts'
import { createOwnServer, type OwnServer } from '../ledger/processes/own-server.ts'
import { journalsIn, makeFolder } from './support.ts'

/** `OUTAGE_SECONDS=30 npx vitest run test/journal/outage.test.ts` for a long one. */
const OUTAGE_MS = Number(process.env.OUTAGE_SECONDS ?? 3) * 1000
const TIMEOUT_MS = 90_000 + 2 * OUTAGE_MS
/** Shorter than the outage: what waits for the ledger must outlive the ledger's own patience. */
const RETRY_FOR_MS = 1000
const AT_ONCE = 12

let server: OwnServer
let standIn: OpenAiStandIn
let journal: { folder: string; remove(): Promise<void> }
let ledger: CreditLedger
beforeAll(async () => {
  server = await createOwnServer()
  standIn = await startOpenAiStandIn({ paceMs: 1 })
  journal = await makeFolder()
  ledger = await openCredits({
    url: server.url,
    retryFor: RETRY_FOR_MS,
    journal: { directory: journal.folder },
    // So that those whose authorize was cut off do not outlast the test.
    holdTtl: 3000,
  })
}, TIMEOUT_MS)
afterAll(async () => {
  await ledger.close()
  await standIn.close()
  await server.remove()
  await journal.remove()
}, TIMEOUT_MS)

interface Ended {
  readonly at: number
  readonly tookMs: number
  readonly error: unknown
}

/** Calls that go on until they are stopped, plain and streamed; how each ended. */
function startLoad(account: string, onLedgerDown: 'deny' | 'allow') {
  const openai = metered(new OpenAI({ baseURL: standIn.url, apiKey: 'any' }), {
    credits: ledger,
    account,
    onLedgerDown,
    onError: () => {},
  })
  const asked = {
    model: 'gpt-4.1-mini',
    messages: [{ role: 'user' as const, content: 'What is new in PostgreSQL 18?' }],
    max_completion_tokens: 60,
  }
  const plain = () => openai.chat.completions.create(asked)
  const streamed = () => openai.chat.completions.stream(asked).done()
  async function call(isStream: boolean): Promise<Ended> {
    const since = performance.now()
    const request = isStream ? streamed() : plain()
    const [{ reason: error }] = (await Promise.allSettled([request])) as [{ reason?: unknown }]
    if (error !== undefined) await sleep(20)
    return { at: performance.now(), tookMs: performance.now() - since, error }
  }
  const ended: Ended[] = []
  let isOver = false
  async function line(n: number): Promise<void> {
    while (!isOver) {
      ended.push(await call(n % 2 === 0))
      // As many as a program makes, not as a stand-in can answer.
      await sleep(10)
    }
  }
  const lines = Promise.all(Array.from({ length: AT_ONCE }, (_, n) => line(n)))
  const answered = () => ended.filter(({ error }) => error === undefined)
  const stop = async () => {
    isOver = true
    await lines
  }
  return { ended, answered, stop }
}

/** The charges when all is booked, after the books were checked. */
async function settledCharges(account: string) {
  await ledger.settled()
  expect(await ledger.audit(account)).toMatchObject({ ok: true, divergences: [] })
  await expect.poll(async () => (await ledger.balance(account)).openHolds, { timeout: 10_000 }).toBe(0)
  const drizzle = await ledger.database.drizzle()
  return drizzle.select().from(charges).where(eq(charges.accountId, account))
}

test.each(['deny', 'allow'] as const)(
  'with %s, every answered call is charged once when the database is back',
  { timeout: TIMEOUT_MS },
  async (policy) => {
    await ledger.grant(policy, { type: 'paid', amount: '10000' })
    const sentBefore = standIn.requests.length
    const load = startLoad(policy, policy)
    await expect.poll(() => load.answered().length, { timeout: 20_000 }).toBeGreaterThan(50)
    await server.crash()
    const downAt = performance.now()
    await sleep(OUTAGE_MS)
    const upAt = performance.now()
    await server.start()
    const backAt = performance.now()
    // Until it is answered again at its usual pace.
    await expect
      .poll(() => load.answered().filter(({ at }) => at > backAt).length, { timeout: 60_000 })
      .toBeGreaterThan(50)
    await load.stop()

    const refused = load.ended.filter(({ error }) => error !== undefined)
    const duringOutage = load.answered().filter(({ at }) => at > downAt + 500 && at < upAt)
    if (policy === 'deny') {
      expect(refused.length).toBeGreaterThan(0)
      expect(duringOutage).toEqual([])
    } else {
      expect(refused).toEqual([])
      expect(duringOutage.length).toBeGreaterThan(AT_ONCE)
    }
    for (const { error } of refused) expect(error).toMatchObject({ status: 503 })
    for (const { tookMs } of load.ended) expect(tookMs).toBeLessThan(RETRY_FOR_MS + 10_000)

    const booked = await settledCharges(policy)
    expect(standIn.requests.length - sentBefore).toBe(load.answered().length)
    expect(booked).toHaveLength(load.answered().length)
    const ids = booked.map(({ receipt }) => (receipt as { providerId: string }).providerId)
    expect(new Set(ids).size).toBe(booked.length)
    expect(journalsIn(journal.folder, 'failed.jsonl')).toEqual([])
  },
)

test('what cannot be booked before the ledger closes is booked when it is opened again', async () => {
  const emitted = vi.spyOn(process, 'emitWarning').mockReturnValue()
  const own = await makeFolder()
  const settings = { url: server.url, retryFor: 300, journal: { directory: own.folder } }
  const closing = await openCredits(settings)
  await closing.grant('closed', { type: 'paid', amount: '10' })
  const options = { account: 'closed', category: 'WebSearch', estimate: '2', onError: () => {} } as const
  const running = await openMeteredHold(closing, options)
  expect(
    await closing.meter(
      options,
      async () => {
        await server.shutDown()
        return 'answer'
      },
      () => '1.5',
    ),
  ).toBe('answer')
  running.answered('2')
  await closing.close()
  const [path] = journalsIn(own.folder, '.journal')
  expect(emitted.mock.calls.map(([message]) => String(message))).toEqual([
    expect.stringContaining(`2 calls could not be booked before the ledger was closed. They are in ${path};`),
  ])
  // It ends when the ledger is closed: its cost is known all the same.
  running.capture('1.25')
  emitted.mockRestore()
  await server.start()
  const reopened = await openCredits(settings)
  await reopened.settled()
  expect(await reopened.balance('closed')).toMatchObject({ available: parseAmount('7.25'), openHolds: 0 })
  await reopened.close()
  expect(journalsIn(own.folder, '')).toEqual([])
  await own.remove()
})
