import { displayAmount } from '../../amount.ts'
import type { BatchType } from '../../types.ts'

/** All six decimals where they are there: at this place people check sums, so nothing is rounded. */
const EXACT_PLACES = 6

/** How many decimals amounts beside each other have at least. */
const COLUMN_PLACES = 2

export const exactAmount = (amount: bigint): string => displayAmount(amount, EXACT_PLACES)

/**
 * Writes amounts that stand under each other: all with as many decimals as the longest of them, so that the
 * points align where the column is aligned to the right.
 *
 * @example amountColumn([12_500_000n, 1_000_000_000n]) // ['12.50', '1,000.00']
 */
export function amountColumn(amounts: readonly bigint[]): string[] {
  const shown = amounts.map((amount) => {
    const [whole = '0', fraction = ''] = exactAmount(amount).split('.')
    return { whole, fraction }
  })
  const places = Math.max(COLUMN_PLACES, ...shown.map(({ fraction }) => fraction.length))
  return shown.map(({ whole, fraction }) => `${whole}.${fraction.padEnd(places, '0')}`)
}

/** An instant in UTC to the minute, e.g. `2026-11-22 17:58`. */
export const minuteOf = (instant: Date): string => instant.toISOString().slice(0, 16).replace('T', ' ')

/** The same where it stands alone, e.g. `2026-11-22 17:58 UTC`. */
export const minuteInUtc = (instant: Date): string => `${minuteOf(instant)} UTC`

export const batchTypeName = (type: BatchType): string => (type === 'free' ? 'Free' : 'Paid')

/** @example counted(2, 'batch', 'batches') // '2 batches' */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`

/** Control characters, line ends, and what turns the direction of writing for all that follows. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu

/**
 * Text as given by others (a note, a model's name), on one line and without control characters: printed raw,
 * these would let whoever wrote it move the cursor and recolour or hide what stands around it.
 */
export const printable = (text: string): string =>
  text.replace(UNPRINTABLE, (character) => {
    const code = character.charCodeAt(0).toString(16)
    return `\\u${code.padStart(4, '0')}`
  })
