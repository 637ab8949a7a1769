import { setTimeout as delay } from 'node:timers/promises'
import { tmpdir } from 'node:os'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createTestDatabase } from '../support/database.ts'
import type { TestDatabase } from '../support/database.ts'
import { CommandLine } from './command-line.ts'
import type { Finished, Running } from './command-line.ts'

// Each line is a process of its own, and other tests run beside them.
vi.setConfig({ testTimeout: 120_000 })

let database: TestDatabase
let credits: CommandLine

beforeAll(async () => {
  database = await createTestDatabase()
  credits = new CommandLine(tmpdir(), { DATABASE_URL: database.url, PORT: '0' })
  await credits.json('grant', 'acme', '10', '--type', 'paid')
})

afterAll(() => database.drop())

it('finishes what it has begun when it is interrupted', async () => {
  const lock = `select 1 from accounts where account_id = 'acme' for update`
  const { code, stdout } = await interruptBehind(lock, 'SIGINT', ['grant', 'acme', '1', '--type', 'paid'])
  expect(code).toBe(130)
  expect(JSON.parse(stdout)).toMatchObject({ allocated: '1' })
  expect(await credits.json('batches', 'acme')).toHaveLength(2)
})

it('begins nothing when it is interrupted before that', async () => {
  const lock = 'lock table credits_migrations in access exclusive mode'
  const { code, stdout } = await interruptBehind(lock, 'SIGTERM', ['grant', 'early', '1', '--type', 'paid'])
  expect(code).toBe(143)
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'ledger_closed' } })
  expect(await credits.json('batches', 'early', '--all')).toStrictEqual([])
})

it('calls a read that it cuts short by its name', async () => {
  const lock = 'lock table accounts in access exclusive mode'
  const { code, stdout, stderr } = await interruptBehind(lock, 'SIGINT', ['audit'], 'kept')
  expect({ code, stderr }).toStrictEqual({ code: 130, stderr: '' })
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'ledger_closed' } })
})

/** Runs a line, interrupts it when it waits for a lock, and only then lets go of that; or keeps it to the end. */
async function interruptBehind(
  lock: string,
  signal: NodeJS.Signals,
  words: string[],
  fate: 'released' | 'kept' = 'released',
): Promise<Finished> {
  const sql = postgres(database.url, { max: 2 })
  const blocking = await sql.reserve()
  let running: Running | undefined
  try {
    await blocking`begin`
    await blocking.unsafe(lock)
    running = credits.start(...words, '--json')
    await expect.poll(() => waitingSessions(sql), { timeout: 60_000 }).toBe(1)
    running.process.kill(signal)
    // Nothing shows from outside that the signal has arrived; the lock must not be free before that.
    await delay(500)
    if (fate === 'released') await blocking`rollback`
    return await running.finished
  } finally {
    running?.process.kill('SIGKILL')
    blocking.release()
    await sql.end()
  }
}

async function waitingSessions(sql: postgres.Sql): Promise<number> {
  const rows = await sql`
    select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
  return rows.length
}

it('does not mind a reader that leaves early', async () => {
  const running = credits.start('batches', 'acme')
  running.process.stdout?.destroy()
  expect(await running.finished).toMatchObject({ code: 0, stderr: '' })
})

it('colours for a terminal or when told to, and not otherwise', async () => {
  const coloured = new CommandLine(tmpdir(), { DATABASE_URL: database.url, FORCE_COLOR: '1' })
  const [plain, forced] = await Promise.all([credits.run('balance', 'acme'), coloured.run('balance', 'acme')])
  expect(plain.stdout).not.toContain('\u001b[')
  expect(forced.stdout).toContain('\u001b[1mCredits of acme\u001b[22m')
})

it('serves until it is told to stop', async () => {
  const { process: server, finished } = credits.start('serve', '--json')
  try {
    const url = await firstUrl(server.stdout!)
    const health = await fetch(new URL('/healthz', url))
    expect(health.status).toBe(200)
    server.kill('SIGTERM')
    expect(await finished).toMatchObject({ code: 0 })
  } finally {
    server.kill('SIGKILL')
  }
})

/** The address that the server prints when it listens; its log lines may come before. */
async function firstUrl(output: NodeJS.ReadableStream): Promise<string> {
  let text = ''
  for await (const chunk of output) {
    text += String(chunk)
    const line = text.split('\n').find((candidate) => candidate.startsWith('{"url":'))
    if (line !== undefined && text.includes(`${line}\n`)) return JSON.parse(line).url
  }
  throw new Error(`The server ended:\n${text}`)
}
