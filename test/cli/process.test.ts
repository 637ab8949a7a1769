import { tmpdir } from 'node:os'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createTestDatabase } from '../support/database.ts'
import type { TestDatabase } from '../support/database.ts'
import { CommandLine } from './command-line.ts'
import type { Running } from './command-line.ts'

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

it('finishes what it began when it is interrupted, and says by whom', async () => {
  const sql = postgres(database.url, { max: 2 })
  const blocked = await sql.reserve()
  let running: Running | undefined
  try {
    await blocked`begin`
    await blocked`select 1 from accounts where account_id = 'acme' for update`
    running = credits.start('grant', 'acme', '1', '--type', 'paid', '--key', 'late', '--json')
    await expect.poll(() => waiting(sql), { timeout: 60_000 }).toBe(1)
    running.process.kill('SIGINT')
    await blocked`commit`
    const { code, stdout } = await running.finished
    expect(code).toBe(130)
    expect(JSON.parse(stdout)).toMatchObject({ allocated: '1' })
  } finally {
    running?.process.kill('SIGKILL')
    blocked.release()
    await sql.end()
  }
  expect(await credits.json('batches', 'acme')).toHaveLength(2)
})

/** How many sessions wait for a row. */
async function waiting(sql: postgres.Sql): Promise<number> {
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
