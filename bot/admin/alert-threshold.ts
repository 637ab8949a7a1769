import { type Credits, parsePositiveAmount } from '../../src/amount.ts'
import { CreditsError } from '../../src/errors.ts'

/** Where an account begins to be low: an amount, a percentage of what it had after its last grants, or the higher of both. */
export interface Threshold {
  readonly amount: Credits | null
  /** Null: the ledger's default. 0: none. */
  readonly percent: number | null
}

/**
 * Reads a threshold: `50`, `20%`, both (the higher counts), `default`, or `off`.
 *
 * @throws CreditsError `invalid_amount`, `invalid_input`
 */
export function readThreshold(text: string): Threshold {
  const words = text.trim().toLowerCase().split(/\s+/)
  const [first, second] = words
  if (words.length === 1 && first === 'default') return { amount: null, percent: null }
  if (words.length === 1 && first === 'off') return { amount: null, percent: 0 }
  const percent = words.find((word) => word.endsWith('%'))
  const amount = words.find((word) => !word.endsWith('%'))
  const isOneOfEach = percent !== undefined && amount !== undefined
  if (words.length > 2 || (second !== undefined && !isOneOfEach)) throw notUnderstood(text)
  return {
    amount: amount === undefined ? null : parsePositiveAmount(amount, 'threshold'),
    percent: percent === undefined ? 0 : readPercent(percent),
  }
}

function readPercent(word: string): number {
  const percent = /^\d{1,3}%$/.test(word) ? Number(word.slice(0, -1)) : 0
  if (percent >= 1 && percent <= 100) return percent
  throw new CreditsError(
    'invalid_amount',
    `Invalid threshold ${JSON.stringify(word.slice(0, 20))}: give a whole percentage from 1% to 100%.`,
  )
}

const notUnderstood = (text: string): CreditsError =>
  new CreditsError(
    'invalid_input',
    `The threshold ${JSON.stringify(text.slice(0, 40))} is not understood: give an amount such as 50, ` +
      'a percentage such as 20%, both, default, or off.',
  )
