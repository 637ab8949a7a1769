import ms from 'ms'
import { CreditsError } from './errors.ts'
import type { DurationInput } from './types.ts'

/** Ten years: beyond it a duration is more likely a mistake in the unit. */
const LONGEST_MS = 3653 * 24 * 60 * 60 * 1000

/**
 * Reads a length of time: `'30d'`, `'10m'`, `'1h'`, or milliseconds. Returns whole milliseconds.
 *
 * @throws CreditsError `invalid_duration` unless it is positive and at most 10 years
 * @example parseDuration('10m') // 600000
 */
export function parseDuration(input: DurationInput, name = 'duration'): number {
  // The library throws on an empty or over-long text, and answers NaN to what it cannot read.
  const isText = typeof input === 'string'
  const value =
    isText && input !== '' && input.length <= 100 ? ms(input as ms.StringValue) : isText ? Number.NaN : input
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 1 || value > LONGEST_MS) {
    const shown = JSON.stringify(String(input).slice(0, 40))
    throw new CreditsError(
      'invalid_duration',
      `Invalid ${name} ${shown}: give a time such as 30d, 12h or 10m, at most 10 years.`,
      { name },
    )
  }
  return Math.floor(value)
}
