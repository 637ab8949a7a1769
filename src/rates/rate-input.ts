import { z } from 'zod'
import { CreditsError } from '../errors.ts'
import { parseInstant } from '../instant.ts'
import { fraction, multiply, parseFraction } from './fraction.ts'
import type { RateCard } from './rate-card.ts'
import { problemsFound, type RateProblem } from './rate-problems.ts'
import { KNOWN_UNITS } from './units.ts'

/** A price to set. */
export interface RateInput {
  /** As the rate card names it, e.g. `openai`. */
  provider: string
  model: string
  /** e.g. `input_tokens` */
  unit: string
  /** US dollars for `per` units: a decimal string, exact; `published`: from then on the published price again. */
  dollars: string
  /** Default: 1. */
  per?: number | undefined
  /** From when on it holds. Default: now. Never in the past. */
  from?: Date | string | undefined
  /** Where the price is from: a contract, an address. */
  source: string
}

/** A price that can be stored. */
export interface CheckedRate {
  readonly provider: string
  readonly model: string
  readonly unit: string
  /** For `per` units; null: the published price. */
  readonly picoDollars: bigint | null
  readonly per: number
  /** Undefined: now. */
  readonly from: Date | undefined
  readonly source: string
}

/** In the place of a price: the one that holds without any that is set. */
const PUBLISHED = 'published'

/** The largest bigint that PostgreSQL stores. */
const PICO_DOLLARS_MAX = 2n ** 63n - 1n
const PER_MAX = 2 ** 31 - 1
const NAME_MAX = 200
const SOURCE_MAX = 500
/** More are checked and written at once than any provider has. */
const RATES_AT_ONCE_MAX = 10_000

const name = (longest: number) =>
  z
    .string()
    .trim()
    .min(1, 'is missing')
    .max(longest, `is longer than ${longest} characters`)
    .refine((text) => text.isWellFormed() && !text.includes('\0'), 'has a NUL or half a character in it')

const SHAPE = z.strictObject({
  provider: name(NAME_MAX),
  model: name(NAME_MAX),
  unit: z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'is no name of a unit, such as input_tokens'),
  dollars: z.string('must be a decimal string, such as "0.25": a JSON number is not exact'),
  per: z
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(PER_MAX, `is over ${PER_MAX}`)
    .default(1),
  from: z.union([z.date(), z.string()]).optional(),
  source: name(SOURCE_MAX),
})

/**
 * Checks prices to set; all of them, and reports all that is wrong.
 *
 * @param card what the units of models are looked up in
 * @param lines which line each is from, where they are from a file
 * @throws CreditsError `invalid_rate`, with `data.problems`
 */
export function checkRates(
  inputs: readonly unknown[],
  card: RateCard,
  now: Date,
  lines?: readonly number[],
): CheckedRate[] {
  if (!Array.isArray(inputs)) throw invalid('give a list of prices')
  if (inputs.length > RATES_AT_ONCE_MAX) {
    throw invalid(`more than ${RATES_AT_ONCE_MAX} prices at once: split them`)
  }
  const rates: CheckedRate[] = []
  const problems: RateProblem[] = []
  const seen = new Map<string, number>()
  for (const [index, input] of inputs.entries()) {
    const line = lines?.[index] ?? index + 1
    try {
      const rate = checkRate(input, card, now)
      const key = JSON.stringify([rate.provider, rate.model, rate.unit, rate.from])
      const earlier = seen.get(key)
      if (earlier !== undefined) throw invalid(`it is the same price and time as line ${earlier}`)
      seen.set(key, line)
      rates.push(rate)
    } catch (error) {
      if (!CreditsError.isInstance(error)) throw error
      problems.push({ line, problem: error.message })
    }
  }
  if (problems.length > 0) throw problemsFound(problems, inputs.length)
  return rates
}

function checkRate(input: unknown, card: RateCard, now: Date): CheckedRate {
  const shape = SHAPE.safeParse(input)
  if (!shape.success) throw invalid(shape.error.issues.map(describe).join('; '))
  const { dollars, from, ...rate } = shape.data
  const checked = {
    ...rate,
    picoDollars: dollars === PUBLISHED ? null : readPicoDollars(dollars),
    from: from === undefined || from === '' ? undefined : readFrom(from),
  }
  const published = card.find(rate.provider, rate.model, checked.from ?? now)
  if (published && !published.prices.has(rate.unit) && !KNOWN_UNITS.has(rate.unit)) {
    throw invalid(
      `no call of ${rate.model} is counted in ${rate.unit}; its prices are for ${[...published.prices.keys()].join(', ')}`,
    )
  }
  return checked
}

function readPicoDollars(dollars: string): bigint {
  const { numerator, denominator } = coded(() =>
    multiply(parseFraction(dollars, 'dollars'), fraction(10n ** 12n)),
  )
  if (denominator !== 1n) {
    throw invalid(`${dollars} dollars is finer than a trillionth of a dollar; give it for more units (per)`)
  }
  if (numerator > PICO_DOLLARS_MAX)
    throw invalid(`${dollars} dollars is over 9,223,372; give it for fewer units (per)`)
  return numerator
}

const readFrom = (from: Date | string): Date => coded(() => parseInstant(from, 'from'))

/** What is wrong with one part is wrong with the rate. */
function coded<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (CreditsError.isInstance(error)) throw invalid(error.message.replace(/\.$/, ''))
    throw error
  }
}

function describe({ path, message, code, ...issue }: z.core.$ZodIssue): string {
  if (code === 'unrecognized_keys' && 'keys' in issue) return `unknown: ${issue.keys.join(', ')}`
  const what = path.join('.')
  if (code === 'invalid_type' && what !== 'dollars' && what !== 'per')
    return `${what || 'a price'} is missing or of another type`
  return what === '' ? message : `${what} ${message}`
}

const invalid = (what: string) =>
  new CreditsError('invalid_rate', `${what.slice(0, 1).toUpperCase()}${what.slice(1)}.`)
