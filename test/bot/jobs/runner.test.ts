import { describe, expect, it, vi } from 'vitest'
import { type Attempt, DONE, later, type Outcome, type Queue, refused } from '../../../bot/jobs/queue.ts'
import { JobRunner } from '../../../bot/jobs/runner.ts'
import { createLogger } from '../../../bot/log.ts'
import { openTestLedger, type TestLedger } from '../../support/ledger.ts'

interface Task {
  name: string
}

type Work = (attempt: Attempt<Task>) => Promise<Outcome>

interface Scene {
  readonly test: TestLedger
  readonly runners: JobRunner[]
  open(work: Work, terms?: { attemptSeconds?: number }): Queue<Task>
  logged(message: string): string[]
}

/** A test on a database of its own, so that all can run at once. */
const inScene = (play: (scene: Scene) => Promise<void>) => async () => {
  const test = await openTestLedger()
  const lines: string[] = []
  const runners: JobRunner[] = []
  try {
    await play({
      test,
      runners,
      open(work, terms = {}) {
        const logger = createLogger('info', { write: (line) => void lines.push(line) })
        const runner = new JobRunner({ ledger: test.ledger, logger, ...terms })
        runners.push(runner)
        const queue = runner.queue<Task>({ name: 'task', atOnce: 4, logged: ({ name }) => ({ name }), work })
        runner.start()
        return queue
      },
      logged: (message) => lines.filter((line) => line.includes(`"msg":"${message}"`)),
    })
  } finally {
    await Promise.all(runners.map((runner) => runner.stop()))
    await test.close()
  }
}

const until = (condition: () => boolean) => vi.waitUntil(condition, { timeout: 20_000, interval: 20 })

describe('the jobs', () => {
  it.concurrent(
    'do a job once, whoever queued it how often, on however many servers',
    inScene(async ({ open }) => {
      const done: string[] = []
      const work: Work = async ({ data }) => {
        done.push(data.name)
        return DONE
      }
      const queues = [open(work), open(work)]
      const jobs = ['a', 'b', 'c'].map((name) => ({ data: { name }, key: name }))

      await Promise.all([...queues, ...queues].map((queue) => queue.send(jobs)))
      queues[0]?.wake()
      await until(() => done.length >= 3)
      await queues[1]?.send([...jobs, { data: { name: 'last' } }])
      await until(() => done.includes('last'))

      expect(done.toSorted()).toEqual(['a', 'b', 'c', 'last'])
    }),
  )

  it.concurrent(
    'exist if and only if the transaction commits that queued them',
    inScene(async ({ open, test }) => {
      const done: string[] = []
      const queue = open(async ({ data }) => {
        done.push(data.name)
        return DONE
      })
      const { sql } = test.ledger.database
      await expect(
        sql.begin(async (transaction) => {
          await queue.send([{ data: { name: 'rolled back' } }], transaction)
          throw new Error('no')
        }),
      ).rejects.toThrow('no')
      await sql.begin((transaction) => queue.send([{ data: { name: 'committed' } }], transaction))
      queue.wake()
      await until(() => done.length > 0)

      expect(done).toEqual(['committed'])
    }),
  )

  it.concurrent(
    'try again what failed, and say that it may have been done',
    inScene(async ({ open, logged }) => {
      const attempts: boolean[] = []
      const queue = open(async ({ isRepeated }) => {
        attempts.push(isRepeated)
        if (attempts.length === 1) throw new Error('not now')
        return DONE
      })
      await queue.send([{ data: { name: 'a' } }])
      await until(() => attempts.length === 2)

      expect(attempts).toEqual([false, true])
      expect(logged('A job failed; it will be tried again')).toHaveLength(1)
    }),
  )

  it.concurrent(
    'put off what asks for it, without counting that as a failure',
    inScene(async ({ open }) => {
      const attempts: { isRepeated: boolean; at: number }[] = []
      const queue = open(async ({ isRepeated }) => {
        attempts.push({ isRepeated, at: performance.now() })
        return attempts.length === 1 ? later(1_000) : DONE
      })
      await queue.send([{ data: { name: 'a' }, key: 'a' }])
      await until(() => attempts.length === 2)

      const [first, second] = attempts
      expect(second?.isRepeated).toBe(false)
      expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(900)
    }),
  )

  it.concurrent(
    'give up at once what is refused, and count and log it',
    inScene(async ({ open, runners, logged }) => {
      let attempts = 0
      const queue = open(async () => {
        attempts += 1
        return refused('is_archived')
      })
      await queue.send([{ data: { name: 'a' } }])
      await until(() => runners[0]?.state().givenUp === 1)

      expect(attempts).toBe(1)
      expect(logged('A job was refused, and is given up')[0]).toContain('"reason":"is_archived"')
      expect(logged('Gave up a job')[0]).toContain('"queue":"task"')
    }),
  )

  it.concurrent(
    'give what a killed server began to another',
    inScene(async ({ open }) => {
      const begun: boolean[] = []
      const stuck = Promise.withResolvers<Outcome>()
      const queue = open(
        async ({ isRepeated }) => {
          begun.push(isRepeated)
          return isRepeated ? DONE : stuck.promise
        },
        { attemptSeconds: 1 },
      )
      await queue.send([{ data: { name: 'a' } }])
      await until(() => begun.length === 2)
      stuck.resolve(DONE)

      expect(begun).toEqual([false, true])
    }),
  )

  it.concurrent(
    'let what runs end at a stop, and leave the rest for the next start',
    inScene(async ({ open, runners }) => {
      const running = Promise.withResolvers<void>()
      const release = Promise.withResolvers<void>()
      const done: string[] = []
      const queue = open(async ({ data }) => {
        running.resolve()
        await release.promise
        done.push(data.name)
        return DONE
      })
      await queue.send([{ data: { name: 'running' } }, { data: { name: 'later' }, delayMs: 2_000 }])
      await running.promise
      const stopped = runners[0]?.stop()
      release.resolve()
      await stopped
      expect(done).toEqual(['running'])

      open(async ({ data }) => {
        done.push(data.name)
        return DONE
      })
      await until(() => done.length === 2)
      expect(done).toEqual(['running', 'later'])
    }),
  )

  it.concurrent(
    'say how they are',
    inScene(async ({ open, runners }) => {
      open(async () => DONE)
      expect(runners[0]?.state().status).toBe('starting')
      await until(() => runners[0]?.state().status === 'ready')
      expect(runners[0]?.state().queues.map(({ name }) => name)).toEqual(['given-up', 'task'])
    }),
  )
})
