/**
 * Random steps, abstract: "capture the third hold for one more than it holds". What that is depends on what
 * happened before, so that a shorter sequence is still a sensible one and a failure shrinks well.
 */
import fc from 'fast-check'
import { CATEGORIES, type Category } from '../../../src/types.ts'

/** An amount in micro-credits (of a refund: what is left, divided by it), or one at an edge of what there is. */
export type AmountChoice = number | 'all' | 'one more' | 'zero'

export interface Choice {
  kind:
    | 'grant'
    | 'authorize'
    | 'capture'
    | 'release'
    | 'extend'
    | 'charge'
    | 'book'
    | 'refund'
    | 'void'
    | 'extendBatch'
    | 'setAlertLine'
    /** An earlier operation, word for word; or with its key or hold but another amount. */
    | 'repeat'
    | 'contradict'
  account: number
  /** Which hold, charge, batch or earlier operation, counted from the newest. */
  which: number
  amount: AmountChoice
  second: AmountChoice | null
  category: Category
  isPaid: boolean
  seconds: number | null
  hasKey: boolean
  flag: boolean
  name: 'a' | 'b' | null
  /** Which of the ledgers does it. */
  ledger: number
}

export type Jump = 'to the next event' | 'right before the next event' | 'a second' | 'a quarter' | 'far'

export type Step =
  | { kind: 'operations'; choices: Choice[] }
  | { kind: 'time'; jump: Jump }
  | { kind: 'sweep'; ledger: number }

const amount: fc.Arbitrary<AmountChoice> = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 1, max: 40 }) },
  { weight: 2, arbitrary: fc.constant('all' as const) },
  { weight: 1, arbitrary: fc.constantFrom('one more' as const, 'zero' as const) },
)

const kind: fc.Arbitrary<Choice['kind']> = fc.oneof(
  { weight: 4, arbitrary: fc.constant('grant' as const) },
  { weight: 8, arbitrary: fc.constant('authorize' as const) },
  { weight: 8, arbitrary: fc.constant('capture' as const) },
  { weight: 3, arbitrary: fc.constant('charge' as const) },
  { weight: 3, arbitrary: fc.constant('book' as const) },
  { weight: 5, arbitrary: fc.constant('refund' as const) },
  { weight: 2, arbitrary: fc.constantFrom('release' as const, 'extend' as const) },
  { weight: 3, arbitrary: fc.constantFrom('void' as const, 'extendBatch' as const, 'setAlertLine' as const) },
  { weight: 3, arbitrary: fc.constantFrom('repeat' as const, 'contradict' as const) },
)

const choice: fc.Arbitrary<Choice> = fc.record({
  kind,
  // Much happens to one account, and something beside it.
  account: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constant(1) }),
  which: fc.oneof(
    { weight: 3, arbitrary: fc.nat({ max: 2 }) },
    { weight: 1, arbitrary: fc.nat({ max: 12 }) },
  ),
  amount,
  second: fc.option(amount, { freq: 3 }),
  category: fc.constantFrom(...CATEGORIES),
  isPaid: fc.boolean(),
  seconds: fc.option(fc.integer({ min: 1, max: 20 }), { freq: 4 }),
  hasKey: fc.boolean(),
  flag: fc.boolean(),
  name: fc.constantFrom('a', 'b', null),
  ledger: fc.nat({ max: 1 }),
})

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('operations' as const),
      choices: fc.array(choice, { minLength: 1, maxLength: 1 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('operations' as const),
      choices: fc.array(choice, { minLength: 2, maxLength: 6 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('time' as const),
      jump: fc.oneof(
        {
          weight: 3,
          arbitrary: fc.constantFrom('to the next event' as const, 'right before the next event' as const),
        },
        { weight: 1, arbitrary: fc.constantFrom('a second' as const, 'a quarter' as const, 'far' as const) },
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('sweep' as const), ledger: fc.nat({ max: 1 }) }) },
)

export const steps = fc.array(step, { minLength: 20, maxLength: 80, size: 'max' })
