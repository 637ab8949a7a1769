import fc from 'fast-check'
import { afterAll, beforeAll, describe, it } from 'vitest'
import type { CreditLedger } from '../../../src/credits.ts'
import { micro } from '../../../src/amount.ts'
import { openTestLedger, type TestLedger } from '../../support/ledger.ts'
import { propertySettings } from '../../support/property.ts'
import { runSequence } from './run.ts'
import { steps } from './steps.ts'

const TIMEOUT_MS = 60_000

describe('random sequences of all operations against the reference ledger', () => {
  let test: TestLedger
  let second: CreditLedger

  beforeAll(async () => {
    test = await openTestLedger()
    second = await test.openAnother()
  })
  afterAll(() => test.close())

  it('agree, through one ledger', { timeout: TIMEOUT_MS }, async () => {
    const world = { ledgers: [test.ledger] as const, clock: test.clock }
    await fc.assert(
      fc.asyncProperty(steps, (sequence) => runSequence(world, sequence)),
      propertySettings({ numRuns: 25 }),
    )
  })

  it('agree, through two ledgers on one database in turn and at once', { timeout: TIMEOUT_MS }, async () => {
    const world = { ledgers: [test.ledger, second] as const, clock: test.clock }
    await fc.assert(
      fc.asyncProperty(steps, (sequence) => runSequence(world, sequence)),
      propertySettings({ numRuns: 40 }),
    )
  })
})

describe('random sequences on accounts that start with a signup grant', () => {
  const amount = micro(50n)
  const expiresIn = 7000
  let test: TestLedger

  beforeAll(async () => {
    test = await openTestLedger({ signup: { amount, expiresIn } })
  })
  afterAll(() => test.close())

  it('agree with the reference ledger', { timeout: TIMEOUT_MS }, async () => {
    const world = { ledgers: [test.ledger] as const, clock: test.clock, signup: { amount, expiresIn } }
    await fc.assert(
      fc.asyncProperty(steps, (sequence) => runSequence(world, sequence)),
      propertySettings({ numRuns: 10 }),
    )
  })
})
