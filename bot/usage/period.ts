import { CreditsError } from '../../src/errors.ts'
import { addDays, countDays, type Day, dayIn, knownTimeZone, readDay, startOfDay } from './days.ts'

/** Whole days in somebody's time zone. */
export interface Period {
  /** Both included. */
  readonly from: Day
  readonly to: Day
  readonly timeZone: string
  /** As it was asked for; asked again tomorrow it may be other days. */
  readonly words: string
}

/** More bars nobody reads, and the list of charges is for more. */
const DAYS_MAX = 366

/** Nobody used credits before. */
const EARLIEST: Day = '2000-01-01'

const DEFAULT_WORDS = '30d'

export const PERIOD_USAGE = '7d|30d|month|FROM TO'

/**
 * Reads what somebody asks for: so many days until today, this month so far, or from one day to another.
 *
 * @param words none: 30 days
 * @throws CreditsError `invalid_usage_query`
 * @example readPeriod(['2026-11-01', '2026-11-15'], 'Europe/Berlin', new Date())
 */
export function readPeriod(words: readonly string[], timeZone: string, now: Date): Period {
  const zone = knownTimeZone(timeZone)
  const today = dayIn(zone)(now)
  const [first = DEFAULT_WORDS, second, ...rest] = words
  if (rest.length > 0) throw notUnderstood(words)
  if (second !== undefined) return daysBetween(first, second, today, zone)
  const name = first.toLowerCase()
  if (name === 'month') return { from: `${today.slice(0, 8)}01`, to: today, timeZone: zone, words: name }
  const [, days] = /^(\d{1,4})d$/.exec(name) ?? []
  if (days === undefined) throw notUnderstood(words)
  const count = Number(days)
  if (count < 1 || count > DAYS_MAX) throw wrong(`Usage is shown for 1 to ${DAYS_MAX} days, not ${count}.`)
  return { from: addDays(today, 1 - count), to: today, timeZone: zone, words: name }
}

/** The instants that a period lies between; the last is not part of it. */
export const boundsOf = ({ from, to, timeZone }: Period): { from: Date; to: Date } => ({
  from: startOfDay(from, timeZone),
  to: startOfDay(addDays(to, 1), timeZone),
})

/** The same days, whenever they are asked for. */
export const absoluteWords = ({ from, to }: Pick<Period, 'from' | 'to'>): string => `${from} ${to}`

function daysBetween(first: string, second: string, today: Day, timeZone: string): Period {
  const [from, to] = [readDay(first), readDay(second)]
  if (from === undefined) throw noSuchDay(first, today)
  if (to === undefined) throw noSuchDay(second, today)
  if (from > to) throw wrong(`${from} is after ${to}. Give the earlier day first.`)
  if (from > today) throw wrong(`${from} is yet to come: in ${timeZone} today is ${today}.`)
  if (from < EARLIEST) throw wrong(`${from} is too long ago. Give a day from ${EARLIEST} on.`)
  const until = to > today ? today : to
  const count = countDays(from, until)
  if (count > DAYS_MAX) throw wrong(`Usage is shown for at most ${DAYS_MAX} days at once, not ${count}.`)
  return { from, to: until, timeZone, words: `${from} ${until}` }
}

const noSuchDay = (text: string, today: Day): CreditsError =>
  wrong(`There is no day ${shorten(text)}. Write days as year-month-day, such as ${today}.`)

const notUnderstood = (words: readonly string[]): CreditsError =>
  wrong(
    `“${shorten(words.join(' '))}” is no period. Give 7d, 30d, month, or two days such as 2026-11-01 2026-11-15.`,
  )

const shorten = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}…` : text)

const wrong = (message: string): CreditsError => new CreditsError('invalid_usage_query', message)
