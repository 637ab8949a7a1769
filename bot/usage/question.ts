import { CreditsError } from '../../src/errors.ts'
import { PERIOD_USAGE, type Period, readPeriod } from './period.ts'
import { type Ranking, RANKINGS } from './report.ts'

/** What somebody wants to know of their usage. */
export interface UsageQuestion {
  readonly period: Period
  /** Undefined: all of it in short. */
  readonly by: Ranking | undefined
}

export const USAGE_WORDS = `[${PERIOD_USAGE}] [by ${RANKINGS.join('|')}]`

/**
 * Reads what follows `usage`.
 *
 * @throws CreditsError `invalid_usage_query`
 * @example readQuestion(['7d', 'by', 'agent'], 'Europe/Berlin', new Date())
 */
export function readQuestion(words: readonly string[], timeZone: string, now: Date): UsageQuestion {
  const place = words.findIndex((word) => word.toLowerCase() === 'by')
  if (place < 0) return { period: readPeriod(words, timeZone, now), by: undefined }
  const period = readPeriod(words.slice(0, place), timeZone, now)
  const [name = '', ...rest] = words.slice(place + 1).map((word) => word.toLowerCase())
  const by = RANKINGS.find((ranking) => ranking === name)
  if (by === undefined || rest.length > 0) {
    throw new CreditsError('invalid_usage_query', 'Usage is shown by agent, by user or by model.')
  }
  return { period, by }
}

/** What asks this, typed after `/credits`. @example 'usage 7d by agent' */
export const commandOf = (words: string, by: Ranking | undefined): string =>
  `usage ${words}${by === undefined ? '' : ` by ${by}`}`
