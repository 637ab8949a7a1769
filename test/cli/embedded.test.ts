import { chmod, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { CommandLine } from './command-line.ts'

let directory: string
let credits: CommandLine

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'credits-cli-'))
  // For root: the server's unprivileged user must get in.
  await chmod(directory, 0o711)
  credits = new CommandLine(directory, {})
})

// Where a line failed, another may still be stopping the server: it writes there till the end.
afterAll(() => rm(directory, { recursive: true, maxRetries: 20, retryDelay: 250 }))

it('keeps a PostgreSQL of its own, which two processes share', { timeout: 120_000 }, async () => {
  const [first, second] = await Promise.all([
    credits.json('grant', 'acme', '10', '--type', 'free', '--key', 'a'),
    credits.json('grant', 'acme', '5', '--type', 'paid', '--key', 'b'),
  ])
  expect(first.id).not.toBe(second.id)

  // 30 credits are asked for at once, of 15.
  const asked = await Promise.all(
    [1, 2, 3].map((n) =>
      credits.run('authorize', 'acme', '10', '--category', 'LLM', '--key', `${n}`, '--json'),
    ),
  )
  expect(asked.filter(({ code }) => code === 0)).toHaveLength(1)
  expect(asked.filter(({ code }) => code === 1)).toHaveLength(2)

  expect(await credits.json('balance', 'acme')).toMatchObject({ settled: '15', held: '10', available: '5' })
  expect(await credits.json('audit')).toMatchObject({ ok: true, accounts: 1, batches: 2 })
  expect((await stat(join(directory, '.credits', 'postgres'))).isDirectory()).toBe(true)
})
