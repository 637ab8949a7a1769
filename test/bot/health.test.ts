import postgres from 'postgres'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createLogger, createServer, type CreditsServer, type Readiness } from '../../bot/index.ts'
import { type CreditLedger, openCredits } from '../../src/index.ts'
import { BOT_TOKEN, type FakeSlack, SIGNING_SECRET, startFakeSlack } from '../fakes/slack.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
let ledger: CreditLedger
let slack: FakeSlack
let server: CreditsServer
let sql: postgres.Sql

beforeAll(async () => {
  database = await createTestDatabase()
  sql = postgres(database.url, { max: 1, onnotice: () => {} })
  // What somebody else keeps under the name of our jobs.
  await sql`create schema agent_credits_jobs`
  await sql`create table agent_credits_jobs.version (of_something_else text)`
  ledger = await openCredits({ url: database.url })
  slack = await startFakeSlack()
  server = await createServer({
    ledger,
    port: 0,
    logger: createLogger('silent'),
    slack: { signingSecret: SIGNING_SECRET, botToken: BOT_TOKEN, apiUrl: slack.apiUrl },
  })
})
afterAll(async () => {
  await server.stop()
  await slack.close()
  await ledger.close()
  await sql.end()
  await database.drop()
})

async function readyz(): Promise<{ status: number; report: Readiness }> {
  const response = await fetch(`${server.url}/readyz`)
  return { status: response.status, report: (await response.json()) as Readiness }
}

it('is not ready while jobs cannot run, says why, and is ready as soon as they can', async () => {
  await vi.waitFor(async () => {
    const { status, report } = await readyz()
    expect(status).toBe(503)
    expect(report).toMatchObject({
      ready: false,
      database: { status: 'ready' },
      jobs: { status: 'failed', reason: expect.stringMatching(/./) },
    })
  })
  await sql`drop schema agent_credits_jobs cascade`
  await vi.waitFor(async () => expect(await readyz()).toMatchObject({ status: 200 }), { timeout: 30_000 })
})
