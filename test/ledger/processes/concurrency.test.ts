import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseAmount } from '../../../src/amount.ts'
import { openCredits, type CreditLedger } from '../../../src/credits.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { type ChildProcess, startProcess } from '../../support/processes.ts'

const PROCESSES = 8
const TIMES = 200
const CREDITS = 500
const WORKER = new URL('./authorize-worker.ts', import.meta.url)

let database: TestDatabase
let ledger: CreditLedger
let workers: ChildProcess[] = []

beforeAll(async () => {
  database = await createTestDatabase()
  ledger = await openCredits({ url: database.url, migrate: false })
})
afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.kill('SIGKILL')))
  await ledger.close()
  await database.drop()
})

describe(`${PROCESSES} processes that each authorize 1 credit ${TIMES} times at once`, () => {
  it(`get the ${CREDITS} that there are, and no more`, { timeout: 60_000 }, async () => {
    // In three batches, so that the holds reach over them.
    await ledger.grant('scarce', { type: 'free', amount: '100', expiresIn: '1d' })
    await ledger.grant('scarce', { type: 'free', amount: '150' })
    await ledger.grant('scarce', { type: 'paid', amount: '250' })

    workers = Array.from({ length: PROCESSES }, () =>
      startProcess(WORKER, [database.url, 'scarce', String(TIMES)]),
    )
    await Promise.all(workers.map((worker) => worker.waitForLine(/^ready$/)))
    for (const worker of workers) worker.writeLine('go')
    const done = await Promise.all(workers.map((worker) => worker.waitForLine(/^done (.*)$/)))

    const total: Record<string, number> = {}
    for (const [, counts = ''] of done) {
      for (const [end, count] of Object.entries(JSON.parse(counts) as Record<string, number>)) {
        total[end] = (total[end] ?? 0) + count
      }
    }
    const { authorized, insufficient_credits = 0, credits_held = 0, ...others } = total
    expect(others).toEqual({})
    expect(authorized).toBe(CREDITS)
    expect(insufficient_credits + credits_held).toBe(PROCESSES * TIMES - CREDITS)
    expect(await ledger.balance('scarce')).toMatchObject({
      available: 0n,
      held: parseAmount(`${CREDITS}`),
      openHolds: CREDITS,
      debt: 0n,
    })
    expect(await ledger.audit()).toMatchObject({ ok: true })
  })
})
