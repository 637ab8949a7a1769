import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addDays, dayIn, daysFrom, readDay, startOfDay } from '../../bot/usage/days.ts'
import { boundsOf, readPeriod } from '../../bot/usage/period.ts'
import { readQuestion } from '../../bot/usage/question.ts'
import { CreditsError } from '../../src/errors.ts'

/** In Berlin it is the 23rd already. */
const NOW = new Date('2026-11-22T23:30:00Z')

const read = (text: string, timeZone = 'Europe/Berlin') => {
  const { from, to } = readPeriod(text === '' ? [] : text.split(' '), timeZone, NOW)
  return [from, to]
}

function refusal(words: string): string {
  try {
    readQuestion(words.split(' '), 'Europe/Berlin', NOW)
  } catch (error) {
    if (CreditsError.isInstance(error) && error.code === 'invalid_usage_query') return error.message
    throw error
  }
  throw new Error(`${words} was understood.`)
}

describe('periods', () => {
  it('are whole days of the person who asks, today included', () => {
    expect(read('7d')).toEqual(['2026-11-17', '2026-11-23'])
    expect(read('7d', 'America/New_York')).toEqual(['2026-11-16', '2026-11-22'])
    expect(read('')).toEqual(['2026-10-25', '2026-11-23'])
    expect(read('1D')).toEqual(['2026-11-23', '2026-11-23'])
    expect(read('month')).toEqual(['2026-11-01', '2026-11-23'])
    expect(read('2026-11-01 2026-11-02')).toEqual(['2026-11-01', '2026-11-02'])
    expect(read('2026-11-01 2026-12-24')).toEqual(['2026-11-01', '2026-11-23'])
    expect(read('7d', 'Mars/Olympus')).toEqual(['2026-11-16', '2026-11-22'])
  })

  it('begin and end with the day, also where the clocks change', () => {
    const bounds = (day: string, timeZone: string) =>
      Object.values(boundsOf({ from: day, to: day, timeZone, words: '' })).map((at) => at.toISOString())
    expect(bounds('2026-10-25', 'Europe/Berlin')).toEqual([
      '2026-10-24T22:00:00.000Z',
      '2026-10-25T23:00:00.000Z',
    ])
    // In Beirut and Santiago there is no midnight on these days.
    expect(bounds('2026-03-29', 'Asia/Beirut')[0]).toBe('2026-03-28T22:00:00.000Z')
    expect(bounds('2026-09-06', 'America/Santiago')).toEqual([
      '2026-09-06T04:00:00.000Z',
      '2026-09-07T03:00:00.000Z',
    ])
    expect(bounds('2026-11-22', 'Asia/Kathmandu')[0]).toBe('2026-11-21T18:15:00.000Z')
    expect(bounds('2026-11-22', 'Pacific/Kiritimati')[0]).toBe('2026-11-21T10:00:00.000Z')
    expect(bounds('2026-11-22', 'Pacific/Niue')[0]).toBe('2026-11-22T11:00:00.000Z')
  })

  it('find the first instant of any day in any zone', () => {
    const zones = Intl.supportedValuesOf('timeZone')
    fc.assert(
      fc.property(fc.constantFrom(...zones), fc.integer({ min: 0, max: 7_000 }), (timeZone, count) => {
        const day = addDays('2015-01-01', count)
        const start = startOfDay(day, timeZone)
        const dayOf = dayIn(timeZone)
        expect(dayOf(start)).toBe(day)
        expect(dayOf(new Date(start.getTime() - 1))).toBe(addDays(day, -1))
      }),
    )
  })

  it('know the calendar', () => {
    expect(readDay('2028-02-29')).toBe('2028-02-29')
    for (const wrong of ['2026-02-29', '2026-13-01', '2026-1-1', '20261101', '2026-11-01T00:00']) {
      expect(readDay(wrong)).toBeUndefined()
    }
    expect(daysFrom('2028-02-28', '2028-03-01')).toEqual(['2028-02-28', '2028-02-29', '2028-03-01'])
  })
})

describe('what cannot be read', () => {
  it.each([
    [
      'yesterday',
      '“yesterday” is no period. Give 7d, 30d, month, or two days such as 2026-11-01 2026-11-15.',
    ],
    ['2026-11-01', '“2026-11-01” is no period.'],
    ['7d 30d', 'There is no day 7d. Write days as year-month-day, such as 2026-11-23.'],
    ['2026-02-30 2026-03-01', 'There is no day 2026-02-30.'],
    ['2026-11-09 2026-11-01', '2026-11-09 is after 2026-11-01. Give the earlier day first.'],
    ['2026-11-24 2026-11-25', '2026-11-24 is yet to come: in Europe/Berlin today is 2026-11-23.'],
    ['1999-12-31 2000-01-02', '1999-12-31 is too long ago.'],
    ['2025-01-01 2026-11-01', 'Usage is shown for at most 366 days at once, not 670.'],
    ['0d', 'Usage is shown for 1 to 366 days, not 0.'],
    ['367d', 'Usage is shown for 1 to 366 days, not 367.'],
    ['2026-11-01 2026-11-02 2026-11-03', 'is no period.'],
    ['7d by colour', 'Usage is shown by agent, by user or by model.'],
    ['7d by', 'Usage is shown by agent, by user or by model.'],
    ['7d by agent user', 'Usage is shown by agent, by user or by model.'],
  ])('%s', (words, message) => {
    expect(refusal(words)).toContain(message)
  })
})
