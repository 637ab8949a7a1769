/** Processes that end between a provider's answer and its capture. */
import { setTimeout as sleep } from 'node:timers/promises'
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { charges } from '../../db/schema.ts'
import { type OpenAiStandIn, startOpenAiStandIn } from '../../demo/openai-stand-in.ts'
import { type CreditLedger, openCredits } from '../../src/credits.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type ChildProcess, startProcess } from '../support/processes.ts'
import { journalsIn, makeFolder } from './support.ts'

const AT_ONCE = 16
const ROUNDS = 6
const TIMEOUT_MS = 60_000
const LONG = { timeout: TIMEOUT_MS }

let database: TestDatabase
let journal: { folder: string; remove(): Promise<void> }
let ledger: CreditLedger
let standIn: OpenAiStandIn
const workers: ChildProcess[] = []
const openAnother = () =>
  openCredits({ url: database.url, migrate: false, journal: { directory: journal.folder } })

beforeAll(async () => {
  database = await createTestDatabase()
  journal = await makeFolder()
  ledger = await openAnother()
  standIn = await startOpenAiStandIn({ paceMs: 2 })
})
afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.kill('SIGKILL')))
  await standIn.close()
  await ledger.close()
  await database.drop()
  await journal.remove()
})

let accounts = 0
async function fund(): Promise<string> {
  const account = `caller-${++accounts}`
  await ledger.grant(account, { type: 'paid', amount: '10000' })
  return account
}

function start(account: string, ...step: string[]): ChildProcess {
  const settings = [database.url, journal.folder, standIn.url, account, String(AT_ONCE), ...step]
  const worker = startProcess(new URL('./call-worker.ts', import.meta.url), settings)
  workers.push(worker)
  return worker
}

const told = (worker: ChildProcess, what: 'answered' | 'done'): string[] =>
  Array.from(worker.output().matchAll(new RegExp(`^${what} (.*)$`, 'gm')), ([, id]) => id!)

/** The account's charges, after its books were checked. */
async function chargesOf(account: string) {
  expect(await ledger.audit(account)).toMatchObject({ ok: true, divergences: [] })
  const drizzle = await ledger.database.drizzle()
  return drizzle.select().from(charges).where(eq(charges.accountId, account))
}

/** Opens the ledger as the next process does, and answers with the charges when it has taken over. */
async function succeed(account: string) {
  await using successor = await openAnother()
  await successor.settled()
  return await chargesOf(account)
}

/** Charges by the answer they are for; of those whose usage was not known in time, the estimate names none. */
const byAnswer = (booked: (typeof charges.$inferSelect)[]) =>
  Object.groupBy(booked, ({ receipt }) => (receipt as { providerId?: string }).providerId ?? 'nameless')

test('killed at any instant after an answer: each answered call is charged once', LONG, async () => {
  const killed: string[] = []
  let estimated = 0
  for (let round = 0; round < ROUNDS; round++) {
    const account = await fund()
    // From its first answer to some hundred calls later.
    const worker = start(account, 'kill', String(40 + Math.round(Math.random() * 300)))
    expect(await worker.ended).toEqual({ code: null, signal: 'SIGKILL' })
    const booked = await succeed(account)
    expect(booked).toHaveLength(told(worker, 'answered').length)
    const { nameless = [], ...named } = byAnswer(booked)
    for (const each of Object.values(named)) expect(each).toHaveLength(1)
    estimated += nameless.length
    killed.push(account)
  }
  // The calls that were never answered are not charged, and their holds lapse.
  for (const account of killed) {
    await expect.poll(async () => (await ledger.balance(account)).openHolds, { timeout: 5000 }).toBe(0)
  }
  // Calls that were being read when the process ended: their usage is estimated.
  expect(estimated).toBeGreaterThan(0)
  expect(journalsIn(journal.folder, '.journal')).toEqual([])
})

test('killed from outside: what its callers got is charged once, and nothing else', LONG, async () => {
  for (const calls of [5, 60]) {
    const account = await fund()
    const before = standIn.requests.length
    const worker = start(account, 'forever')
    await expect
      .poll(() => told(worker, 'done').length, { timeout: 20_000, interval: 1 })
      .toBeGreaterThan(calls)
    await sleep(Math.random() * 10)
    await worker.kill('SIGKILL')
    const booked = await succeed(account)
    const { nameless = [], ...named } = byAnswer(booked)
    for (const each of Object.values(named)) expect(each).toHaveLength(1)
    const unnamed = told(worker, 'done').filter((id) => !named[id])
    expect(unnamed.length).toBeLessThanOrEqual(nameless.length)
    expect(booked.length).toBeLessThanOrEqual(standIn.requests.length - before)
  }
})

/** Keeps the account's books from being written, until the returned function is called. */
async function lock(account: string): Promise<() => Promise<void>> {
  const locked = Promise.withResolvers<void>()
  const free = Promise.withResolvers<void>()
  const transaction = ledger.database.sql.begin(async (sql) => {
    await sql`select 1 from accounts where account_id = ${account} for update`
    locked.resolve()
    await free.promise
  })
  await locked.promise
  return async () => {
    free.resolve()
    await transaction
  }
}

test.each([
  ['which ends it', [String(AT_ONCE)], { code: null, signal: 'SIGTERM' }],
  ['to which it listens itself', ['listen', String(AT_ONCE)], { code: 7, signal: null }],
])('a SIGTERM, %s: the costs of ended calls are booked before', async (_, step, end) => {
  const account = await fund()
  const before = standIn.requests.length
  const worker = start(account, ...step)
  // When it has its holds and reads the answers, its captures can be kept waiting.
  await expect.poll(() => standIn.requests.length, { timeout: 20_000, interval: 1 }).toBe(before + AT_ONCE)
  const unlock = await lock(account)
  await worker.waitForLine(/^all$/)
  const ending = worker.kill('SIGTERM')
  await sleep(50)
  const early = await chargesOf(account)
  await unlock()
  expect(await ending).toEqual(end)
  const calls = told(worker, 'done').length
  expect(calls).toBe(AT_ONCE)
  expect(early.length).toBeLessThan(calls)
  expect(await chargesOf(account)).toHaveLength(calls)
})
