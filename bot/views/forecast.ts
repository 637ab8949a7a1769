import type { Balance, BatchType, Expiry, Forecast } from '../../src/types.ts'
import { batchTypeName, credits } from './blocks.ts'

/** What was left in a batch, or will be, when it expired. */
type Remainder = Pick<Expiry, 'type' | 'amount' | 'at'>

/** Writes the day of an instant. */
type WriteDay = (at: Date) => string

const HOUR_MS = 60 * 60 * 1000
const HOURS_A_DAY = 24
const DAY_MS = HOURS_A_DAY * HOUR_MS

/** Below that, days would be too coarse. */
const IN_HOURS_BELOW_DAYS = 2

/** The rate is measured over so many days at most. */
const WINDOW_DAYS = 7

/** More of them nobody reads in a message. */
const REMAINDERS_SHOWN = 3

/**
 * How long the credit lasts at the present rate; nothing where there is none that could last.
 *
 * @param now when the forecast was made
 * @example 'Lasts about 12 days at the rate of the last 7 days (3.5 credits a day), until 4 Dec 2026.'
 */
export function lastingLine({ settled }: Balance, forecast: Forecast, now: Date, day: WriteDay): string[] {
  const { perDay, since, runsOutAt, daysLeft } = forecast
  if (settled <= 0n) return []
  if (perDay === 0n) return ['No usage yet that tells how long it lasts.']
  const rate = `at the rate of ${windowName(now.getTime() - since.getTime())} (${credits(perDay)} a day)`
  if (runsOutAt === null || daysLeft === null) return [`Lasts for years ${rate}.`]
  return [`Lasts about ${spanName(daysLeft)} ${rate}, until ${day(runsOutAt)}.`]
}

/** The same where the words stay for long: they change with the day, not with each second that nothing is used. */
export function lastingUntilLine(
  { settled }: Balance,
  { perDay, runsOutAt }: Forecast,
  day: WriteDay,
): string[] {
  if (settled <= 0n || perDay === 0n) return []
  if (runsOutAt === null) return ['Lasts for years at the present rate.']
  return [`Lasts until about ${day(noonOf(runsOutAt))} at the present rate.`]
}

/** At noon in UTC it is the same day nearly everywhere. */
const noonOf = (at: Date): Date => new Date(Math.floor(at.getTime() / DAY_MS) * DAY_MS + DAY_MS / 2)

/** Credit that will expire unused at the present rate, soonest first. */
export const lapseLines = ({ lapses }: Forecast, day: WriteDay): string[] =>
  firstOf(lapses, ({ type, amount, at }) => {
    return `At this rate ${amountOf(type, amount)} will expire unused on ${day(at)}.`
  })

/** What has expired lately. @example '120 Free credits expired on 3 May 2026.' */
export const expiryLines = (expiries: readonly Expiry[], day: WriteDay): string[] =>
  firstOf(expiries, ({ type, amount, at }) => `${amountOf(type, amount)} expired on ${day(at)}.`)

function firstOf(remainders: readonly Remainder[], write: (remainder: Remainder) => string): string[] {
  const rest = remainders.slice(REMAINDERS_SHOWN)
  const lines = remainders.slice(0, REMAINDERS_SHOWN).map(write)
  if (rest.length === 0) return lines
  const amount = rest.reduce((sum, remainder) => sum + remainder.amount, 0n)
  return [...lines, `And so with ${credits(amount)} in ${rest.length} more.`]
}

/** @example '120 Free credits' */
const amountOf = (type: BatchType, amount: bigint): string =>
  credits(amount).replace(' ', ` ${batchTypeName(type)} `)

/** @example spanName(11.6) // '12 days' */
function spanName(days: number): string {
  if (days >= IN_HOURS_BELOW_DAYS) return `${Math.round(days).toLocaleString('en-US')} days`
  const hours = Math.round(days * HOURS_A_DAY)
  return hours <= 1 ? 'an hour' : `${hours} hours`
}

/** @example windowName(7 * 24 * HOUR_MS) // 'the last 7 days' */
function windowName(milliseconds: number): string {
  const hours = Math.min(Math.max(1, Math.round(milliseconds / HOUR_MS)), WINDOW_DAYS * HOURS_A_DAY)
  if (hours === 1) return 'the last hour'
  if (hours < IN_HOURS_BELOW_DAYS * HOURS_A_DAY) return `the last ${hours} hours`
  return `the last ${Math.round(hours / HOURS_A_DAY)} days`
}
