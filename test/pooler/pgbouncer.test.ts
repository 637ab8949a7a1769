import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, it } from 'vitest'
import { connectDatabase, type Database } from '../../db/connect.ts'
import { migrateDatabase, schemaVersion } from '../../db/migrate.ts'
import { type CreditLedger, openCredits } from '../../src/index.ts'
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type Pooler, SESSIONS, startPooler } from './pooler.ts'

let pooler: Pooler
let direct: TestDatabase
let url: string
let opened: { close(): Promise<void> }[]

beforeAll(async () => {
  pooler = await startPooler(inject('serverUrl'))
})

beforeEach(async () => {
  opened = []
  direct = await createTestDatabase()
  url = throughPooler(direct)
})

afterEach(async () => {
  await Promise.all(opened.map((each) => each.close()))
  await direct.drop()
})

afterAll(() => pooler.stop())

const throughPooler = (database: TestDatabase) => pooler.url(new URL(database.url).pathname.slice(1))

async function connect(target: string): Promise<Database> {
  const database = await connectDatabase({ url: target })
  opened.push(database)
  return database
}

async function openLedger(): Promise<CreditLedger> {
  const credits = await openCredits({ url })
  opened.push(credits)
  return credits
}

it('is told from a PostgreSQL, and then no statement is prepared', async () => {
  expect((await connect(direct.url)).prepare).toBe(true)
  const pooled = await connect(url)
  expect(pooled.prepare).toBe(false)
  expect((await connect(`${url}?prepare=true`)).prepare).toBe(true)

  // The same statement, with a parameter, in more clients than there are sessions.
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, n) => pooled.sql`select ${n}::int as n, pg_backend_pid() as pid`),
  )
  expect(answers.map(([row]) => row!.n)).toEqual(Array.from({ length: 200 }, (_, n) => n))
  expect(new Set(answers.map(([row]) => row!.pid)).size).toBeLessThanOrEqual(SESSIONS)
})

it('lets many migrate an empty database at once', async () => {
  const empty = await createEmptyDatabase()
  const databases = await Promise.all(Array.from({ length: 8 }, () => connect(throughPooler(empty))))
  await Promise.all(databases.map(migrateDatabase))
  const { applied, known } = await schemaVersion(databases[0]!)
  expect(applied).toBe(known)
  await Promise.all(databases.map((database) => database.close()))
  await empty.drop()
})

it('carries the ledger: exactly what fits is authorized, all of it captured, and the books agree', async () => {
  const ledgers = await Promise.all(Array.from({ length: 3 }, openLedger))
  const accounts = ['acme', 'globex', 'initech']
  for (const account of accounts) {
    await ledgers[0]!.grant(account, { type: 'free', amount: '30', key: 'free' })
    await ledgers[0]!.grant(account, { type: 'paid', amount: '70', key: 'paid' })
  }

  const attempts = ledgers.flatMap((credits) =>
    accounts.flatMap((account) =>
      Array.from({ length: 60 }, async () => {
        const hold = await credits.authorize(account, { amount: '1', category: 'LLM', agent: 'support' })
        await credits.capture(account, hold.id, '0.75')
        return account
      }),
    ),
  )
  const results = await Promise.allSettled(attempts)
  const refusals = results.flatMap((result) => (result.status === 'rejected' ? [result.reason.code] : []))
  expect(refusals.filter((code) => code !== 'credits_held' && code !== 'insufficient_credits')).toEqual([])

  for (const account of accounts) {
    const done = results.filter((result) => result.status === 'fulfilled' && result.value === account).length
    const balance = await ledgers[1]!.balance(account)
    expect(balance).toMatchObject({
      available: 100_000_000n - 750_000n * BigInt(done),
      held: 0n,
      openHolds: 0,
      debt: 0n,
    })
    // 100 fit side by side at least; a capture that comes early makes room for more.
    expect(done).toBeGreaterThanOrEqual(100)
  }
  expect(await ledgers[2]!.audit()).toMatchObject({ ok: true, divergences: [] })
})

it('carries refunds, voids, usage and the sweep', async () => {
  const credits = await openLedger()
  const batch = await credits.grant('acme', { type: 'paid', amount: '10', key: 'k' })
  const charge = await credits.charge('acme', { amount: '4', category: 'WebSearch', key: 'c' })
  await credits.refund('acme', charge.id, { amount: '1', key: 'r', reason: 'test' })
  await credits.void('acme', batch.id, { key: 'v', reason: 'test' })
  await credits.sweep()
  expect(await credits.usage('acme', { by: ['category'] })).toMatchObject([
    { category: 'WebSearch', amount: 3_000_000n },
  ])
  expect(await credits.balance('acme')).toMatchObject({ available: 0n, debt: 0n })
  expect(await credits.audit()).toMatchObject({ ok: true })
})
