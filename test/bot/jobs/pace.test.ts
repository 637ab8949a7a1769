import { describe, expect, it } from 'vitest'
import { Pace } from '../../../bot/jobs/pace.ts'

describe('the pace of messages', () => {
  it('is one a second in a channel, and channels do not wait for each other', () => {
    let now = 0
    const pace = new Pace(() => now)

    expect(pace.take('T1', 'C1')).toBe(0)
    expect(pace.take('T1', 'C2')).toBe(0)
    expect(pace.take('T2', 'C1')).toBe(0)
    pace.done('T1', 'C1')
    expect(pace.take('T1', 'C1')).toBe(1_100)
    now = 1_100
    expect(pace.take('T1', 'C1')).toBe(0)
  })

  it('counts from the answer to the message before, however long that took', () => {
    let now = 0
    const pace = new Pace(() => now)

    expect(pace.take('T1', 'C1')).toBe(0)
    now = 5_000
    expect(pace.take('T1', 'C1'), 'there is no answer yet').toBe(1_000)
    now = 5_500
    pace.done('T1', 'C1')
    now = 6_000
    expect(pace.take('T1', 'C1')).toBeGreaterThanOrEqual(500)
    now = 6_499
    expect(pace.take('T1', 'C1')).toBeGreaterThan(0)
    now = 6_500
    expect(pace.take('T1', 'C1')).toBe(0)
  })

  it('gives those who come at once turns apart, and lets all go, each in its turn', () => {
    let now = 0
    const pace = new Pace(() => now)
    let waiting = Array.from({ length: 20 }, () => 0)
    const wentAt: number[] = []
    while (waiting.length > 0) {
      const [next = 0, ...others] = waiting.toSorted((a, b) => a - b)
      now = next
      const waitMs = pace.take('T1', 'C1')
      if (waitMs === 0) {
        wentAt.push(now)
        pace.done('T1', 'C1')
      }
      waiting = waitMs === 0 ? others : [...others, now + waitMs]
    }

    expect(wentAt).toEqual(Array.from({ length: 20 }, (_, turn) => turn * 1_100))
  })

  it('holds a whole workspace back, and nobody else, when Slack asks it to wait', () => {
    let now = 0
    const pace = new Pace(() => now)
    pace.pause('T1', 30_000)

    expect(pace.take('T1', 'C1')).toBe(30_000)
    expect(pace.take('T1', 'C2')).toBe(30_000)
    expect(pace.take('T2', 'C1')).toBe(0)
    now = 30_000
    expect(pace.take('T1', 'C2')).toBe(0)
  })
})
