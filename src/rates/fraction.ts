import { CreditsError } from '../errors.ts'

/** An exact, non-negative rational number in lowest terms. */
export interface Fraction {
  readonly numerator: bigint
  readonly denominator: bigint
}

/** Longer numbers than any price or usage has; a bound on what one of them may cost to work with. */
const MAX_DECIMAL_LENGTH = 60
const MAX_EXPONENT = 40

const DECIMAL = /^(\d+)(?:\.(\d+))?(?:e([+-]?\d{1,3}))?$/i

export function fraction(numerator: bigint, denominator = 1n): Fraction {
  const divisor = greatestCommonDivisor(numerator, denominator)
  return { numerator: numerator / divisor, denominator: denominator / divisor }
}

/**
 * Reads a decimal number exactly; an exponent is allowed, a sign is not.
 *
 * @throws CreditsError `invalid_setting`
 * @example parseFraction('0.0025') // 1/400
 */
export function parseFraction(text: string, name: string): Fraction {
  const match = text.length <= MAX_DECIMAL_LENGTH ? DECIMAL.exec(text) : null
  const exponent = Number(match?.[3] ?? 0)
  if (!match || Math.abs(exponent) > MAX_EXPONENT) {
    const shown = JSON.stringify(text.slice(0, MAX_DECIMAL_LENGTH))
    throw new CreditsError(
      'invalid_setting',
      `Invalid ${name} ${shown}: give a decimal number such as '1.25'.`,
      {
        name,
      },
    )
  }
  const [, whole = '', decimals = ''] = match
  const scale = exponent - decimals.length
  const digits = BigInt(whole + decimals)
  return scale < 0 ? fraction(digits, 10n ** BigInt(-scale)) : fraction(digits * 10n ** BigInt(scale))
}

/**
 * The decimal number that a JavaScript number is written as: 0.1 becomes 1/10, not the binary value nearest to
 * it. Prices and durations reach us as JSON numbers whose author wrote the decimal.
 *
 * @throws CreditsError `invalid_setting` if it is negative or not finite
 */
export const fractionOfNumber = (value: number, name: string): Fraction => parseFraction(String(value), name)

export const multiply = (a: Fraction, b: Fraction): Fraction =>
  fraction(a.numerator * b.numerator, a.denominator * b.denominator)

export const add = (a: Fraction, b: Fraction): Fraction =>
  fraction(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator)

/** The smallest integer that is not less. */
export const ceiling = (value: Fraction): bigint =>
  (value.numerator + value.denominator - 1n) / value.denominator

/**
 * Writes it exactly: as a decimal where that ends, else as a fraction.
 *
 * @example formatFraction(fraction(1n, 400n)) // '0.0025'
 * @example formatFraction(fraction(37n, 1200n)) // '37/1200'
 */
export function formatFraction(value: Fraction): string {
  const places = decimalPlaces(value.denominator)
  if (places === undefined) return `${value.numerator}/${value.denominator}`
  const digits = ((value.numerator * 10n ** BigInt(places)) / value.denominator)
    .toString()
    .padStart(places + 1, '0')
  return places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`
}

/** How many decimals 1/denominator has; undefined where they never end. */
function decimalPlaces(denominator: bigint): number | undefined {
  let rest = denominator
  let twos = 0
  let fives = 0
  for (; rest % 2n === 0n; rest /= 2n) twos++
  for (; rest % 5n === 0n; rest /= 5n) fives++
  return rest === 1n ? Math.max(twos, fives) : undefined
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let [larger, smaller] = [a, b]
  while (smaller !== 0n) [larger, smaller] = [smaller, larger % smaller]
  return larger === 0n ? 1n : larger
}
