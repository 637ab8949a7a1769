import { CreditsError } from '../../src/errors.ts'
import { type Fraction, formatFraction, fraction, multiply, parseFraction } from '../../src/rates/fraction.ts'
import type { ReceiptDetail } from '../../src/types.ts'
import { escapeText } from './blocks.ts'

/** Beyond that a number is written as a fraction, or its decimals are no longer read. */
const DECIMALS_READ_MAX = 12

/** What was used and at what price, a line for each unit; one may lack a price, or the quantity its name. */
export function unitLines({ units = {}, prices = {} }: ReceiptDetail): string[] {
  return [...new Set([...Object.keys(units), ...Object.keys(prices)])].map((name) => {
    const quantity = units[name]
    const price = prices[name]
    const label = escapeText(name.replaceAll('_', ' '))
    if (quantity === undefined) return `${label}: ${escapeText(price ?? '')} credits each`
    if (price === undefined) return `${label}: ${grouped(quantity)}`
    return `${label}: ${grouped(quantity)} × ${escapeText(price)}${product(quantity, price)}`
  })
}

/** Exact where its decimals end soon, else marked as rounded; nothing where a receipt holds no numbers. */
function product(quantity: string, price: string): string {
  const [count, each] = [readNumber(quantity), readNumber(price)]
  if (count === undefined || each === undefined) return ''
  const cost = multiply(count, each)
  const shown = formatFraction(cost)
  const decimals = shown.includes('/') ? Infinity : (shown.split('.')[1]?.length ?? 0)
  return decimals <= DECIMALS_READ_MAX ? ` = ${shown}` : ` ≈ ${rounded(cost)}`
}

/** A receipt's number; of a fraction also about how much it is. @example '37/12000 (≈ 0.003083333)' */
export function readableNumber(text: string): string {
  const number = text.includes('/') ? readNumber(text) : undefined
  return `${escapeText(text)}${number === undefined ? '' : ` (≈ ${rounded(number)})`}`
}

/** A receipt's decimal, or fraction such as `37/12000`. */
function readNumber(text: string): Fraction | undefined {
  const [numerator = '', denominator = '1'] = text.split('/')
  try {
    const below = parseFraction(denominator, 'denominator')
    if (below.numerator === 0n) return undefined
    return multiply(parseFraction(numerator, 'number'), fraction(below.denominator, below.numerator))
  } catch (error) {
    // Who charges by hand may write words there: they are shown as they are, and no product.
    if (CreditsError.isInstance(error)) return undefined
    throw error
  }
}

/** To nine decimals, half up. */
function rounded({ numerator, denominator }: Fraction): string {
  const scale = 10n ** 9n
  const nearest = (2n * numerator * scale + denominator) / (2n * denominator)
  return formatFraction(fraction(nearest, scale))
}

/** @example grouped('1234567.5') // '1,234,567.5' */
const grouped = (decimal: string): string =>
  escapeText(decimal).replace(/^\d+/, (whole) => whole.replace(/\B(?=(\d{3})+$)/g, ','))
