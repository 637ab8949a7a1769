/** Accounts that are written by one statement, some of which cross their line. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openTestLedger, type TestLedger } from '../support/ledger.ts'

const accounts = ['first', 'second']

let test: TestLedger

beforeAll(async () => {
  // Of one placement, they go into one statement.
  test = await openTestLedger({ placement: () => 'here' })
  await Promise.all(accounts.map((account) => test.ledger.grant(account, { type: 'paid', amount: '100' })))
  await Promise.all(accounts.map((account) => use(account, '1')))
})
afterAll(() => test.close())

const use = (account: string, amount: string) => test.ledger.charge(account, { amount, category: 'LLM' })
const levels = () =>
  Promise.all(accounts.map(async (account) => (await test.ledger.alertLine(account)).level))

it('are locked in one order, also where only some of them cross', async () => {
  const { sql } = test.ledger.database
  const isLocked = async (account: string) => {
    const rows = await sql`select from accounts where account_id = ${account} for update skip locked`
    return rows.length === 0
  }
  // Whoever waits for the second has the first: nobody can wait the other way round.
  const { uses } = await sql.begin(async (transaction) => {
    expect(await transaction`select from accounts where account_id = 'second' for update`).toHaveLength(1)
    const sent = [use('second', '1'), use('first', '84')]
    await expect.poll(() => isLocked('first')).toBe(true)
    return { uses: sent }
  })
  await Promise.all(uses)
  expect(await levels()).toEqual([1, 0])
})

it('wait for an alert that is just being handed on', async () => {
  const { ledger } = test
  const { sql } = ledger.database
  let uses: Promise<unknown>[] = []
  await ledger.takeAlerts(1000, async (alerts, transaction) => {
    expect(alerts).toMatchObject([{ account: 'first', level: 1 }])
    const [{ pid }] = (await transaction`select pg_backend_pid() as pid`) as unknown as [{ pid: number }]
    uses = [use('first', '12'), use('second', '83')]
    const blocked = async () =>
      (await sql`select from pg_stat_activity where ${pid} = any(pg_blocking_pids(pid))`).length
    await expect.poll(blocked).toBe(1)
  })
  await Promise.all(uses)
  expect(await levels()).toEqual([2, 1])
  const [alert, ...more] = await ledger.alertsOf('first', { open: false })
  expect(more).toEqual([])
  expect(alert).toMatchObject({ level: 2, version: 2, detail: { settled: '3' } })
  expect(await ledger.audit()).toMatchObject({ ok: true, divergences: [] })
})
