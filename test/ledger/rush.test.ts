import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { micro } from '../../src/amount.ts'
import { openCredits, type CreditLedger } from '../../src/credits.ts'
import { CreditsError } from '../../src/errors.ts'
import type { Batch, Charge, Hold } from '../../src/types.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { propertySettings } from '../support/property.ts'

const AT_ONCE = 24
const REFUSALS = [
  'insufficient_credits',
  'credits_held',
  'key_conflict',
  'hold_released',
  'hold_captured',
  'hold_lapsed',
  'refund_exceeds_charge',
  'batch_voided',
]

let database: TestDatabase
let ledgers: readonly [CreditLedger, CreditLedger]

beforeAll(async () => {
  database = await createTestDatabase()
  const open = () => openCredits({ url: database.url, migrate: false })
  ledgers = [await open(), await open()]
})
afterAll(async () => {
  await Promise.all(ledgers.map((ledger) => ledger.close()))
  await database.drop()
})

const task = fc.record({
  kind: fc.constantFrom(
    'grant' as const,
    'authorize' as const,
    'authorize' as const,
    'capture' as const,
    'capture' as const,
    'charge' as const,
    'charge' as const,
    'release' as const,
    'extend' as const,
    'refund' as const,
    'void' as const,
    'sweep' as const,
    'read' as const,
  ),
  ledger: fc.constantFrom(0 as const, 1 as const),
  amount: fc.bigInt({ min: 1n, max: 100n }).map(micro),
  /** So short that batches expire and holds lapse in the midst of it, by the database's clock. */
  milliseconds: fc.integer({ min: 5, max: 300 }),
  lasts: fc.boolean(),
  which: fc.nat({ max: 1000 }),
})
type Task = typeof task extends fc.Arbitrary<infer T> ? T : never

/** Everything that has been made so far, for the tasks to choose from. */
interface Made {
  batches: Batch[]
  holds: Hold[]
  charges: { charge: Charge; goodAt: Date }[]
}

const chosen = <T>(list: readonly T[], which: number): T | undefined =>
  list[list.length - 1 - (which % list.length)]

async function doTask(account: string, task: Task, made: Made): Promise<void> {
  const ledger = ledgers[task.ledger]
  const { amount, which } = task
  const hold = chosen(made.holds, which % 40)
  const charged = chosen(made.charges, which)?.charge
  const batch = chosen(made.batches, which)
  switch (task.kind) {
    case 'grant': {
      const terms = { type: which % 2 === 0 ? 'free' : 'paid', amount: micro(amount * 20n) } as const
      const lifetime = task.lasts ? {} : { expiresIn: task.milliseconds }
      return void made.batches.push(await ledger.grant(account, { ...terms, ...lifetime }))
    }
    case 'authorize': {
      const ttl = task.lasts ? 60_000 : task.milliseconds
      return void made.holds.push(await ledger.authorize(account, { amount, category: 'LLM', ttl }))
    }
    case 'charge': {
      const charge = await ledger.charge(account, { amount, category: 'WebSearch' })
      return void made.charges.push({ charge, goodAt: charge.chargedAt })
    }
    case 'capture': {
      if (hold === undefined) return
      // Now and then more than there is: the account goes into debt, and what comes repays it.
      const cost = which % 5 === 0 ? micro(amount * 50n) : amount
      const lines = [{ amount: cost }, { amount: micro(3n), category: 'WebSearch' }] as const
      const charges = await ledger.capture(account, hold.id, lines)
      return void made.charges.push(...charges.map((charge) => ({ charge, goodAt: hold.authorizedAt })))
    }
    case 'release':
      return void (hold && (await ledger.release(account, hold.id)))
    case 'extend':
      return void (hold && (await ledger.extend(account, hold.id, task.milliseconds)))
    case 'refund': {
      const newBatch = task.lasts ? { newBatch: { expiresIn: task.milliseconds } } : {}
      if (charged === undefined) return
      const refund = await ledger.refund(account, charged.id, {
        amount: micro(amount / 4n + 1n),
        reason: 'x',
        ...newBatch,
      })
      return void made.batches.push(...refund.newBatches)
    }
    case 'void':
      return void (batch && which % 5 === 0 && (await ledger.void(account, batch.id, { reason: 'x' })))
    case 'sweep':
      return void (await ledger.sweep())
    case 'read':
      return void (await ledger.balance(account))
  }
}

describe('all kinds of operations at once, through two ledgers, while batches expire and holds lapse', () => {
  it(
    'keep the books: only refusals, no draw on what had expired, and audit is ok',
    { timeout: 60_000 },
    async () => {
      let runs = 0
      const property = fc.asyncProperty(
        fc.array(task, { minLength: 1200, maxLength: 1200 }),
        async (tasks) => {
          const account = `rush ${(runs += 1)}`
          const made: Made = { batches: [], holds: [], charges: [] }
          const codes = new Set<string>()
          const queue = tasks[Symbol.iterator]()
          await Promise.all(
            Array.from({ length: AT_ONCE }, async () => {
              for (const next of queue) {
                await doTask(account, next, made).catch((error: unknown) => {
                  if (!CreditsError.isInstance(error)) throw error
                  codes.add(error.code)
                })
              }
            }),
          )
          expect([...codes].filter((code) => !REFUSALS.includes(code))).toEqual([])
          expect(made.charges.length).toBeGreaterThan(50)

          const expiries = new Map(
            made.batches.map(({ id, expiresAt }) => [id, expiresAt?.getTime() ?? Infinity]),
          )
          const late = made.charges.flatMap(({ charge, goodAt }) =>
            charge.draws.filter(({ batchId }) => (expiries.get(batchId) ?? -Infinity) <= goodAt.getTime()),
          )
          expect(late).toEqual([])
          expect(await ledgers[0].audit(account)).toMatchObject({ ok: true, divergences: [] })
          await ledgers[1].sweep()
          expect(await ledgers[1].audit(account)).toMatchObject({ ok: true, divergences: [] })
          const { free, paid, debt, settled } = await ledgers[0].balance(account)
          expect(settled).toBe(free + paid - debt)
          expect(free + paid === 0n || debt === 0n).toBe(true)
        },
      )
      // The same tasks again would meet other instants: there is nothing to shrink.
      await fc.assert(property, propertySettings({ numRuns: 4, endOnFailure: true }))
    },
  )
})
