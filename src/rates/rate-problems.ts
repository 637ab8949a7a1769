import { CreditsError } from '../errors.ts'

/** What is wrong with one of several prices. */
export interface RateProblem {
  /** Which of them, counted from 1; of a file, the line or the place in the list. */
  line: number
  problem: string
}

/** A message lists this many; all are in the error's data. */
const SHOWN = 10

/** @param count of how many prices */
export function problemsFound(problems: readonly RateProblem[], count: number): CreditsError {
  const [only] = problems
  if (count === 1 && only) return new CreditsError('invalid_rate', only.problem, { problems })
  const shown = problems.slice(0, SHOWN).map(({ line, problem }) => `line ${line}: ${problem}`)
  const more = problems.length > shown.length ? ` (and ${problems.length - shown.length} more)` : ''
  return new CreditsError(
    'invalid_rate',
    `Nothing was set: ${problems.length} of ${count} prices cannot be. ${shown.join(' ')}${more}`,
    { problems },
  )
}
