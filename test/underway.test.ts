import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { CreditsError } from '../src/errors.ts'
import { Underway } from '../src/underway.ts'
import { openTestLedger } from './support/ledger.ts'

const LANES = 400
const ACCOUNTS = 40

test('one waits for what has begun, and not for what begins meanwhile', async () => {
  const work = new Underway()
  const over: string[] = []
  const first = work.begin()
  void work.ended().then(() => over.push('first'))
  const second = work.begin()
  void work.ended().then(() => over.push('both'))
  work.end(second)
  await sleep(0)
  expect(over).toEqual([])
  const inItsPlace = work.begin(first)
  work.end(first)
  await sleep(0)
  expect(over).toEqual([])
  work.begin()
  work.end(inItsPlace)
  await sleep(0)
  expect(over).toEqual(['first', 'both'])
})

test('while calls go on without a pause, what has ended settles, and the ledger closes', async () => {
  const { ledger, openAnother, close } = await openTestLedger()
  const accounts = Array.from({ length: ACCOUNTS }, (_, n) => `busy-${n}`)
  await Promise.all(accounts.map((account) => ledger.grant(account, { type: 'paid', amount: '100000' })))
  const until = performance.now() + 8000
  let calls = 0
  let captured = 0
  const lane = async (n: number): Promise<void> => {
    const account = accounts[n % ACCOUNTS]!
    const options = { account, category: 'LLM', estimate: '1', onError: () => {} } as const
    while (performance.now() < until) {
      calls += 1
      const fails = calls % 3 === 0
      try {
        await ledger.meter(
          options,
          () => sleep(Math.random() * 10).then(() => (fails ? Promise.reject(new Error('failed')) : true)),
          () => '0.1',
        )
        captured += 1
      } catch (error) {
        // Closed: there are no further calls.
        if (CreditsError.isInstance(error)) return expect(error.code).toBe('ledger_closed')
      }
    }
  }
  const lanes = Promise.all(Array.from({ length: LANES }, (_, n) => lane(n)))
  await expect.poll(() => captured).toBeGreaterThan(LANES)
  await ledger.settled()
  await ledger.close()
  expect(performance.now()).toBeLessThan(until)
  await lanes
  const successor = await openAnother()
  await expect
    .poll(async () => {
      await successor.settled()
      const usage = await Promise.all(accounts.map((account) => successor.usage(account)))
      return usage.flat().reduce((sum, row) => sum + row.charges, 0)
    })
    .toBe(captured)
  expect(await successor.audit()).toMatchObject({ ok: true, divergences: [] })
  await close()
}, 30_000)
