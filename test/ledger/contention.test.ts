import { setImmediate } from 'node:timers/promises'
import type postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseAmount } from '../../src/amount.ts'
import { openCredits, type CreditLedger } from '../../src/credits.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type Acknowledged, keepCalling, makeCall } from './processes/calls.ts'
import { expectEachCallOnce } from './processes/verify.ts'

const GRANTED = '1000000'

let database: TestDatabase
let ledger: CreditLedger
let other: CreditLedger

beforeAll(async () => {
  database = await createTestDatabase()
  ledger = await openCredits({ url: database.url, migrate: false })
  other = await openCredits({ url: database.url, migrate: false })
})
afterAll(async () => {
  await Promise.all([ledger.close(), other.close()])
  await database.drop()
})

/** Calls through one ledger, as fast as they are answered, until `isOver`; `whenAnswered` is told of each. */
async function hurry(
  by: CreditLedger,
  account: string,
  caller: string,
  isOver: () => boolean,
  whenAnswered = () => {},
) {
  const acknowledged: Acknowledged[] = []
  const begun = await keepCalling(by, account, caller, { atOnce: 30, isOver }, (call) => {
    acknowledged.push(call)
    whenAnswered()
  })
  return { caller, acknowledged, begun }
}

describe('two ledgers that write to one account', () => {
  it.each([1, 2, 3, 4])('as fast as they can, lose no write of each other: round %i', async (round) => {
    const account = `both ${round}`
    await ledger.grant(account, { type: 'paid', amount: GRANTED })
    let answered = 0
    const isOver = () => answered >= 1000
    const count = () => void (answered += 1)
    const witnesses = await Promise.all([
      hurry(ledger, account, 'one', isOver, count),
      hurry(other, account, 'two', isOver, count),
    ])
    await expectEachCallOnce(ledger, account, GRANTED, witnesses)
  })

  it('lose no write when one, now and then, comes in between the many of the other', async () => {
    const account = 'between'
    await ledger.grant(account, { type: 'paid', amount: GRANTED })
    let answered = 0
    let isOver = false
    const end = () => void (isOver = true)
    const many = hurry(
      ledger,
      account,
      'many',
      () => isOver,
      () => void (answered += 1),
    )
    many.then(end, end)
    const acknowledged: Acknowledged[] = []
    try {
      for (let n = 0; n < 40 && !isOver; n += 1) {
        acknowledged.push({ n, chargeId: await makeCall(other, account, 'few', n) })
        // Until the busy one has the account to itself again, and trusts what it has in memory.
        const enough = answered + 60
        while (answered < enough && !isOver) await setImmediate()
      }
    } finally {
      end()
    }
    const few = { caller: 'few', acknowledged, begun: acknowledged.length }
    await expectEachCallOnce(other, account, GRANTED, [await many, few])
  })

  it('lose no write when one had sent more than one group before it heard of the other', async () => {
    for (let round = 0; round < 10; round += 1) {
      const account = `queue ${round}`
      await ledger.grant(account, { type: 'paid', amount: '100' })
      for (let warm = 0; warm < 5; warm += 1) await ledger.charge(account, { amount: '1', category: 'LLM' })

      // All wait for the account's row, the other first, so that it is done before the rest is looked at.
      const calls: Promise<unknown>[] = []
      await ledger.database.sql.begin(async (sql) => {
        await sql`select from accounts where account_id = ${account} for update`
        calls.push(other.charge(account, { amount: '2', category: 'LLM' }))
        await waiting(ledger.database.sql, 1)
        for (let group = 0; group < 6; group += 1) {
          calls.push(ledger.charge(account, { amount: '3', category: 'LLM' }))
          await setImmediate()
        }
        await waiting(ledger.database.sql, 2)
      })
      await Promise.all(calls)
      expect(await ledger.balance(account)).toMatchObject({ available: parseAmount('75') })
      expect(await ledger.audit(account)).toMatchObject({ ok: true, charges: 12 })
    }
  })
})

/** Until at least so many sessions of this database wait for a lock. */
async function waiting(sql: postgres.Sql, count: number): Promise<void> {
  const deadline = Date.now() + 10_000
  while (Date.now() < deadline) {
    const [row] = await sql<{ count: number }[]>`
      select count(*)::int from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`
    if (row !== undefined && row.count >= count) return
  }
  throw new Error(`There are no ${count} sessions that wait for a lock`)
}
