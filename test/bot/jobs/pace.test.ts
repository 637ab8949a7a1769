import { describe, expect, it } from 'vitest'
import { Pace } from '../../../bot/jobs/pace.ts'

describe('the pace of messages', () => {
  it('is one a second in a channel, and channels do not wait for each other', () => {
    let now = 0
    const pace = new Pace(() => now)

    expect(pace.take('T1', 'C1')).toBe(0)
    expect(pace.take('T1', 'C2')).toBe(0)
    expect(pace.take('T2', 'C1')).toBe(0)
    expect(pace.take('T1', 'C1')).toBe(1_000)
    now = 1_000
    expect(pace.take('T1', 'C1')).toBe(0)
  })

  it('gives those who come at once turns a second apart, and lets all go in as many seconds', () => {
    let now = 0
    const pace = new Pace(() => now)
    let waiting = Array.from({ length: 20 }, () => 0)
    const wentAt: number[] = []
    while (waiting.length > 0) {
      const [next = 0, ...others] = waiting.toSorted((a, b) => a - b)
      now = next
      const waitMs = pace.take('T1', 'C1')
      if (waitMs === 0) wentAt.push(now)
      waiting = waitMs === 0 ? others : [...others, now + waitMs]
    }

    expect(wentAt).toEqual(Array.from({ length: 20 }, (_, second) => second * 1_000))
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
