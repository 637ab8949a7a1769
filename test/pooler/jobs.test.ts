import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest'
import { DONE, type Queue } from '../../bot/jobs/queue.ts'
import { JobRunner } from '../../bot/jobs/runner.ts'
import { createLogger } from '../../bot/log.ts'
import { openCredits } from '../../src/index.ts'
import { createTestDatabase } from '../support/database.ts'
import { type Pooler, startPooler } from './pooler.ts'

let pooler: Pooler

beforeAll(async () => {
  pooler = await startPooler(inject('serverUrl'))
})

afterAll(() => pooler.stop())

it('does jobs once through a pooler, on several servers, queued in transactions or not', async () => {
  const direct = await createTestDatabase()
  const ledger = await openCredits({ url: pooler.url(new URL(direct.url).pathname.slice(1)) })
  expect(ledger.database.prepare).toBe(false)
  const lines: string[] = []
  const logger = createLogger('warn', { write: (line) => void lines.push(line) })
  const done: number[] = []
  const runners = Array.from({ length: 3 }, () => new JobRunner({ ledger, logger }))
  const queues: Queue<{ number: number }>[] = runners.map((runner) =>
    runner.queue<{ number: number }>({
      name: 'count',
      atOnce: 4,
      schedule: '0 0 1 1 *',
      logged: () => ({}),
      async work({ data }) {
        done.push(data.number)
        return DONE
      },
    }),
  )
  for (const runner of runners) runner.start()

  await Promise.all(
    queues.map((queue, n) =>
      ledger.database.sql.begin(async (sql) => {
        await queue.send(
          Array.from({ length: 20 }, (_, i) => ({ data: { number: 20 * n + i }, key: `${20 * n + i}` })),
          sql,
        )
      }),
    ),
  )
  await Promise.all(queues.map((queue) => queue.send([{ data: { number: 60 }, key: '60' }])))
  await vi.waitUntil(() => done.length >= 61, { timeout: 20_000, interval: 20 })
  await Promise.all(runners.map((runner) => runner.stop()))
  await ledger.close()
  await direct.drop()

  expect(done.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 61 }, (_, n) => n))
  expect(lines).toEqual([])
})
