import type postgres from 'postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { CreditLedger } from '../../src/credits.ts'
import type { Alert } from '../../src/types.ts'
import { openTestLedger, refusalOf, type TestLedger } from '../support/ledger.ts'
import { startProcess } from '../support/processes.ts'

let test: TestLedger
let ledger: CreditLedger
let sql: postgres.Sql

beforeAll(async () => {
  test = await openTestLedger()
  ledger = test.ledger
  sql = ledger.database.sql
  // What a take queues, in its transaction.
  await sql`create table deliveries (alert uuid not null, version int, taker text not null)`
})
afterAll(() => test.close())

beforeEach(async () => {
  await sql`delete from deliveries`
  await sql`update alerts set taken_version = version`
})

/** Opens as many alerts, one an account. */
async function raise(count: number): Promise<void> {
  const accounts = Array.from({ length: count }, () => `account-${crypto.randomUUID()}`)
  await Promise.all(
    accounts.map((account) => ledger.raiseAlert(account, { kind: 'unpriced', subject: 'POST /images' })),
  )
}

const deliverAs =
  (taker: string) =>
  async (alerts: Alert[], transaction: postgres.TransactionSql): Promise<void> => {
    for (const { id, version } of alerts) {
      await transaction`insert into deliveries (alert, version, taker) values (${id}, ${version}, ${taker})`
    }
  }

const deliveries = (): Promise<{ alert: string; version: number; taker: string }[]> =>
  sql<{ alert: string; version: number; taker: string }[]>`select * from deliveries order by version`

describe('taking alerts', () => {
  it('gives what has something new, as it is, once', async () => {
    await raise(1)
    const seen: Alert[] = []
    const take = async (alerts: Alert[]) => void seen.push(...alerts)
    expect(await ledger.takeAlerts(10, take)).toBe(1)
    expect(await ledger.takeAlerts(10, take)).toBe(0)
    expect(seen).toEqual([
      {
        account: expect.stringMatching(/^account-/),
        id: expect.any(String),
        kind: 'unpriced',
        level: 1,
        subject: 'POST /images',
        detail: { subject: 'POST /images' },
        raisedAt: test.clock.now(),
        resolvedAt: null,
        version: 1,
        snoozedUntil: null,
      },
    ])
    await ledger.snoozeAlert(seen[0]!.account, seen[0]!.id, '1h')
    expect(await ledger.takeAlerts(10, take)).toBe(1)
    expect(seen[1]).toMatchObject({ id: seen[0]!.id, version: 2 })
  })

  it('gives the low-balance alerts that the ledger raises, with each level', async () => {
    await ledger.grant('low', { type: 'paid', amount: '100' })
    await ledger.charge('low', { amount: '85', category: 'LLM' })
    expect(await ledger.takeAlerts(10, deliverAs('a'))).toBe(1)
    await ledger.charge('low', { amount: '14', category: 'LLM' })
    expect(await ledger.takeAlerts(10, deliverAs('a'))).toBe(1)
    expect((await deliveries()).map(({ version }) => version)).toEqual([1, 2])
  })

  it('gives at most as many as asked for, and refuses what is no number of them', async () => {
    await raise(5)
    const counts: number[] = []
    for (;;) {
      const count = await ledger.takeAlerts(2, deliverAs('a'))
      counts.push(count)
      if (count === 0) break
    }
    expect(counts).toEqual([2, 2, 1, 0])
    expect(new Set((await deliveries()).map(({ alert }) => alert)).size).toBe(5)
    for (const limit of [0, 1001, 0.5]) {
      expect(await refusalOf(ledger.takeAlerts(limit, deliverAs('a')))).toMatchObject({
        code: 'invalid_page',
      })
    }
  })

  it('gives each to one of several processes that take at once', async () => {
    await raise(60)
    const takers = [ledger, await test.openAnother(), await test.openAnother()]
    const counts = await Promise.all(
      takers.map(async (taker, index) => {
        let taken = 0
        for (let round = 0; round < 20; round += 1) taken += await taker.takeAlerts(7, deliverAs(`${index}`))
        return taken
      }),
    )
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(60)
    const rows = await deliveries()
    expect(rows).toHaveLength(60)
    expect(new Set(rows.map(({ alert }) => alert)).size).toBe(60)
  })

  it('skips what another is just taking', async () => {
    await raise(2)
    const another = await test.openAnother()
    let inner: number | undefined
    await ledger.takeAlerts(1, async () => {
      inner = await another.takeAlerts(10, deliverAs('another'))
    })
    expect(inner).toBe(1)
    expect(await deliveries()).toHaveLength(1)
  })

  it('leaves them where it throws, with what it had queued', async () => {
    await raise(3)
    const failure = new Error('the queue is full')
    await expect(
      ledger.takeAlerts(10, async (alerts, transaction) => {
        await deliverAs('failing')(alerts, transaction)
        throw failure
      }),
    ).rejects.toBe(failure)
    expect(await deliveries()).toEqual([])
    expect(await ledger.takeAlerts(10, deliverAs('next'))).toBe(3)
  })

  it('does it again where the connection is lost in the middle, to the same end', async () => {
    await raise(3)
    let tries = 0
    const taken = await ledger.takeAlerts(10, async (alerts, transaction) => {
      tries += 1
      await deliverAs(`try ${tries}`)(alerts, transaction)
      if (tries > 1) return
      const [row] = await transaction<{ pid: number }[]>`select pg_backend_pid() as pid`
      await sql`select pg_terminate_backend(${row!.pid})`
    })
    expect([taken, tries]).toEqual([3, 2])
    expect((await deliveries()).map(({ taker }) => taker)).toEqual(['try 2', 'try 2', 'try 2'])
    expect(await ledger.takeAlerts(10, deliverAs('next'))).toBe(0)
  })

  it('leaves them where the process is killed in the middle', async () => {
    await raise(3)
    const worker = startProcess(new URL('./taking-worker.ts', import.meta.url), [test.database.url])
    await worker.waitForLine(/^took 3$/)
    expect(await ledger.takeAlerts(10, deliverAs('next'))).toBe(0)
    await worker.kill('SIGKILL')
    // When the database has seen that the process is gone.
    await vi.waitFor(async () => expect(await ledger.takeAlerts(10, deliverAs('next'))).toBe(3), 10_000)
    expect((await deliveries()).map(({ taker }) => taker)).toEqual(['next', 'next', 'next'])
  })

  it('gives again what changes while it is being taken', async () => {
    await raise(1)
    let snooze: Promise<Alert> | undefined
    await ledger.takeAlerts(10, async (alerts, transaction) => {
      await deliverAs('first')(alerts, transaction)
      // It waits for the row until this transaction ends.
      snooze = ledger.snoozeAlert(alerts[0]!.account, alerts[0]!.id, '1h')
    })
    expect((await snooze)?.version).toBe(2)
    expect(await ledger.takeAlerts(10, deliverAs('second'))).toBe(1)
    expect((await deliveries()).map(({ version, taker }) => [version, taker])).toEqual([
      [1, 'first'],
      [2, 'second'],
    ])
  })
})
