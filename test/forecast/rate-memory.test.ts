import { setTimeout as delay } from 'node:timers/promises'
import { expect, it, vi } from 'vitest'
import { RateMemory } from '../../src/forecast/rate-memory.ts'
import type { UsageRate } from '../../src/forecast/usage-rate.ts'

const rate = (microPerDay: bigint): UsageRate => ({ microPerDay, since: new Date(0) })

it('reads once for all that ask meanwhile, and for a moment after', async () => {
  const memory = new RateMemory()
  let reads = 0n
  const read = async () => {
    reads += 1n
    await delay(20)
    return rate(reads)
  }
  const answers = await Promise.all([memory.rateOf('a', read), memory.rateOf('a', read)])
  expect(answers).toEqual([rate(1n), rate(1n)])
  // What took 20 ms is kept for two seconds.
  expect(await memory.rateOf('a', read)).toEqual(rate(1n))
  expect(await memory.rateOf('b', read)).toEqual(rate(2n))
  expect(reads).toBe(2n)
})

it('reads again when a hundred times of what that took has gone by', async () => {
  const memory = new RateMemory()
  let reads = 0n
  const read = async () => rate((reads += 1n))
  expect(await memory.rateOf('a', read)).toEqual(rate(1n))
  await vi.waitFor(async () => expect(await memory.rateOf('a', read)).toEqual(rate(2n)))
})

it('keeps none for longer than ten seconds, however long the read had to wait', async () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  try {
    const memory = new RateMemory()
    let reads = 0n
    const read = async () => {
      vi.advanceTimersByTime(30_000)
      return rate((reads += 1n))
    }
    expect(await memory.rateOf('a', read)).toEqual(rate(1n))
    vi.advanceTimersByTime(9_999)
    expect(await memory.rateOf('a', read)).toEqual(rate(1n))
    vi.advanceTimersByTime(1)
    expect(await memory.rateOf('a', read)).toEqual(rate(2n))
  } finally {
    vi.useRealTimers()
  }
})

it('keeps no failure', async () => {
  const memory = new RateMemory()
  const failure = new Error('away')
  await expect(memory.rateOf('a', () => Promise.reject(failure))).rejects.toBe(failure)
  expect(await memory.rateOf('a', async () => rate(1n))).toEqual(rate(1n))
})
