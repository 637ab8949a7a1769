import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { CreditsError } from '../../src/errors.ts'
import { Bookings } from '../../src/journal/bookings.ts'
import { noJournal } from '../../src/journal/no-journal.ts'
import type { BookingLedger } from '../../src/journal/paid-call.ts'
import { paid } from './support.ts'

const PATIENCE_MS = 150

/** A ledger that takes its time to find out that its database is away. */
function slowLedger() {
  const captured: string[] = []
  const state = { isAway: true, asked: 0 }
  const ledger: BookingLedger = {
    async capture(_account, holdId) {
      state.asked += 1
      if (state.isAway) {
        await sleep(PATIENCE_MS)
        throw new CreditsError('database_unavailable', 'Away.')
      }
      captured.push(holdId)
      return []
    },
    book: () => Promise.reject(new Error('Nothing is booked by key here.')),
    release: () => Promise.reject(new Error('Nothing is released here.')),
  }
  return { ledger, captured, state }
}

test('while the ledger is away, it is asked for some calls and not for all; then all are booked once', async () => {
  const { ledger, captured, state } = slowLedger()
  const bookings = new Bookings(ledger, noJournal, () => {})
  let failures = 0
  const terms = { failed: () => (failures += 1) }
  const calls = Array.from({ length: 5000 }, (_, n) => paid(`call-${n}`))
  for (const call of calls) bookings.settle(call, terms)
  const since = performance.now()
  await bookings.settled()
  // One after the other, in groups, they would take five times as long.
  expect(performance.now() - since).toBeLessThan(4 * PATIENCE_MS)
  expect(state.asked).toBeLessThanOrEqual(2048)
  expect(failures).toBeGreaterThan(0)
  expect(bookings.outstanding).toBe(calls.length)
  state.isAway = false
  await bookings.settled()
  expect(captured.toSorted()).toEqual(calls.map(({ id }) => id).toSorted())
  expect(bookings.outstanding).toBe(0)
  await bookings.close()
})

test('one waits for the calls that have ended, and not for those that end meanwhile', async () => {
  const captured: string[] = []
  const capture: BookingLedger['capture'] = async (_account, holdId) => {
    await sleep(20)
    captured.push(holdId)
    return []
  }
  const bookings = new Bookings({ ...slowLedger().ledger, capture }, noJournal, () => {})
  let calls = 0
  const next = () => bookings.settle(paid(`call-${calls++}`), { failed: () => {} })
  next()
  const going = setInterval(next, 2)
  await bookings.settled()
  expect(captured).toContain('call-0')
  expect(bookings.outstanding).toBeGreaterThan(0)
  clearInterval(going)
  await bookings.settled()
  expect(captured).toHaveLength(calls)
  await bookings.close()
})

test('a call that failed is tried again by itself', async () => {
  const { ledger, captured, state } = slowLedger()
  const bookings = new Bookings(ledger, noJournal, () => {})
  bookings.settle(paid('call'), { failed: () => {} })
  await bookings.settled()
  state.isAway = false
  await expect.poll(() => captured, { timeout: 3000 }).toEqual(['call'])
  await bookings.close()
})
