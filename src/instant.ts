import { CreditsError } from './errors.ts'

/** ISO 8601 with a date, and with an offset where there is a time: without one a time means another per machine. */
const ISO = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2}))?$/

/**
 * Reads an instant: a Date, or ISO 8601. A date alone is its midnight in UTC.
 *
 * @throws CreditsError `invalid_time`
 * @example parseInstant('2026-05-03T12:00:00+02:00')
 */
export function parseInstant(input: Date | string, name: string): Date {
  const instant = input instanceof Date ? input : new Date(ISO.test(input) ? input : Number.NaN)
  const year = instant.getUTCFullYear()
  if (Number.isNaN(instant.getTime()) || year < 1970 || year > 9000) {
    throw new CreditsError(
      'invalid_time',
      `Invalid ${name} ${JSON.stringify(String(input).slice(0, 40))}: give ISO 8601, such as 2026-05-03 or ` +
        '2026-05-03T12:00:00Z.',
      { name },
    )
  }
  return instant
}
