/** A day of the calendar, `2026-11-22`, wherever it is. They sort as text. */
export type Day = string

const DAY_MS = 24 * 60 * 60 * 1000

/** Zones are up to so far ahead of Greenwich, and behind. */
const AHEAD_MAX_MS = 14 * 60 * 60 * 1000
const BEHIND_MAX_MS = 12 * 60 * 60 * 1000

/** Usage is kept in quarters of an hour, and every zone in use is a whole number of them from Greenwich. */
const QUARTER_MS = 15 * 60 * 1000

/** Undefined where there is no such day. */
export function readDay(text: string): Day | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined
  const at = Date.parse(`${text}T00:00:00Z`)
  return !Number.isNaN(at) && dayAt(at) === text ? text : undefined
}

/** @example addDays('2026-02-28', 1) // '2026-03-01' */
export const addDays = (day: Day, count: number): Day => dayAt(startInGreenwich(day) + count * DAY_MS)

/** How many days there are from one to another, both counted. */
export const countDays = (from: Day, to: Day): number =>
  Math.round((startInGreenwich(to) - startInGreenwich(from)) / DAY_MS) + 1

/** Every day from one to another, both included. */
export const daysFrom = (from: Day, to: Day): Day[] =>
  Array.from({ length: countDays(from, to) }, (_, index) => addDays(from, index))

/** The day that an instant falls on in a zone. */
export const dayIn = (timeZone: string): ((at: Date) => Day) => {
  const format = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeZone })
  return (at) => format.format(at)
}

/** When a day begins in a zone: not always at midnight, where the clocks are put forward at that hour. */
export function startOfDay(day: Day, timeZone: string): Date {
  const dayOf = dayIn(timeZone)
  const midnight = startInGreenwich(day)
  // The first quarter of an hour that is on the day, or past it where a zone left the day out.
  let before = midnight - AHEAD_MAX_MS - QUARTER_MS
  let after = midnight + BEHIND_MAX_MS
  while (after - before > QUARTER_MS) {
    const middle = before + Math.floor((after - before) / QUARTER_MS / 2) * QUARTER_MS
    if (dayOf(new Date(middle)) >= day) after = middle
    else before = middle
  }
  return new Date(after)
}

const SHORT = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' })
const LONG = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  timeZone: 'UTC',
})

/** @example shortDay('2026-11-22') // '22 Nov' */
export const shortDay = (day: Day): string => SHORT.format(startInGreenwich(day))

/** @example longDay('2026-11-22') // '22 Nov 2026' */
export const longDay = (day: Day): string => LONG.format(startInGreenwich(day))

/** The zone if its clocks are known here, else Greenwich's. */
export function knownTimeZone(timeZone: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone
  } catch {
    // The only thing that can be wrong with it: Slack's list of zones is longer than ours.
    return 'UTC'
  }
}

const startInGreenwich = (day: Day): number => Date.parse(`${day}T00:00:00Z`)
const dayAt = (at: number): Day => new Date(at).toISOString().slice(0, 10)
