import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openCredits, type CreditLedger } from '../../../src/credits.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { type ChildProcess, startProcess } from '../../support/processes.ts'
import { expectEachCallOnce, type Witness } from './verify.ts'

const WORKER = new URL('./load-worker.ts', import.meta.url)
const AT_ONCE = 40
const GRANTED = '1000000'
/** After how many acknowledged calls each pair of workers is killed. */
const KILLS = [1, 37, 150, 400]

let database: TestDatabase
let ledger: CreditLedger
const workers: ChildProcess[] = []

beforeAll(async () => {
  database = await createTestDatabase()
  ledger = await openCredits({ url: database.url, migrate: false })
})
afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.kill('SIGKILL')))
  await ledger.close()
  await database.drop()
})

function witnessOf(caller: string, worker: ChildProcess): Witness {
  const acknowledged = [...worker.output().matchAll(/^ack (\d+) (\S+)$/gm)].map(([, n, chargeId]) => ({
    n: Number(n),
    chargeId: chargeId!,
  }))
  // Each line of calls had begun at most one more than it was answered.
  return { caller, acknowledged, begun: Math.max(...acknowledged.map(({ n }) => n)) + AT_ONCE + 1 }
}

describe('a process that is killed while it makes calls, again and again', () => {
  it('loses no charge that was acknowledged, and books none twice', { timeout: 90_000 }, async () => {
    await ledger.grant('load', { type: 'paid', amount: GRANTED })
    const witnesses: Witness[] = []
    for (const [round, count] of KILLS.entries()) {
      const callers = [`left-${round}`, `right-${round}`]
      const pair = callers.map((caller) =>
        startProcess(WORKER, [database.url, 'load', caller, String(AT_ONCE)]),
      )
      workers.push(...pair)
      await Promise.all(pair.map((worker) => worker.waitForLine(new RegExp(`^ack ${count} `))))
      const ends = await Promise.all(pair.map((worker) => worker.kill('SIGKILL')))
      expect(ends).toEqual(Array.from(ends, () => ({ code: null, signal: 'SIGKILL' })))
      witnesses.push(...callers.map((caller, index) => witnessOf(caller, pair[index]!)))
    }
    await expectEachCallOnce(ledger, 'load', GRANTED, witnesses)
  })
})
