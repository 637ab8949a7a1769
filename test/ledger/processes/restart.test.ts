import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseAmount } from '../../../src/amount.ts'
import { openCredits, type CreditLedger } from '../../../src/credits.ts'
import { refusalOf } from '../../support/ledger.ts'
import { type Acknowledged, keepCalling } from './calls.ts'
import { createOwnServer, type OwnServer } from './own-server.ts'
import { expectEachCallOnce } from './verify.ts'

const GRANTED = '1000000'
const TIMEOUT_MS = 90_000

let server: OwnServer
let ledger: CreditLedger
let other: CreditLedger

beforeAll(async () => {
  server = await createOwnServer()
  ledger = await openCredits({ url: server.url })
  other = await openCredits({ url: server.url })
}, TIMEOUT_MS)
afterAll(async () => {
  await Promise.all([ledger.close(), other.close()])
  await server.remove()
}, TIMEOUT_MS)

/** Calls that go on, through two ledgers, while something happens to the server. */
function startLoad(account: string) {
  let isOver = false
  const witnesses = [ledger, other].map((each, index) => ({
    ledger: each,
    caller: `caller-${index}`,
    acknowledged: [] as Acknowledged[],
  }))
  let answered = 0
  let waiting: { count: number; resolve: () => void } | undefined
  const settings = { atOnce: 30, isOver: () => isOver }
  const running = Promise.all(
    witnesses.map(async ({ ledger: each, caller, acknowledged }) => {
      const begun = await keepCalling(each, account, caller, settings, (call) => {
        acknowledged.push(call)
        answered += 1
        if (waiting !== undefined && answered >= waiting.count) waiting.resolve()
      })
      return { caller, acknowledged, begun }
    }),
  )
  /** Waits for that many answers more; a call that fails ends the wait. */
  const answers = (more: number) =>
    Promise.race([
      running,
      new Promise<void>((resolve) => {
        waiting = { count: answered + more, resolve }
      }),
    ])
  const stop = () => {
    isOver = true
    return running
  }
  return { answers, stop }
}

describe('a server that goes away and comes back under load', () => {
  it.each([
    ['shut down and started', () => server.shutDown()],
    ['killed and started', () => server.crash()],
  ])(
    '%s: every call is answered, booked once, and none is lost',
    { timeout: TIMEOUT_MS },
    async (how, end) => {
      await ledger.grant(how, { type: 'paid', amount: GRANTED })
      const load = startLoad(how)
      for (let round = 0; round < 3; round += 1) {
        await load.answers(300)
        await end()
        await server.start()
      }
      await load.answers(300)
      await expectEachCallOnce(ledger, how, GRANTED, await load.stop())
    },
  )
})

describe('a server that stays away', () => {
  it(
    'is a coded error when the time for retries is over; afterwards all goes on',
    { timeout: TIMEOUT_MS },
    async () => {
      const impatient = await openCredits({ url: server.url, retryFor: 1000 })
      try {
        await impatient.grant('away', { type: 'paid', amount: '10' })
        const hold = await impatient.authorize('away', { amount: '1', category: 'LLM' })
        await server.shutDown()
        const began = performance.now()
        const refusals = await Promise.all([
          refusalOf(impatient.charge('away', { amount: '1', category: 'LLM', key: 'away' })),
          refusalOf(impatient.authorize('away', { amount: '1', category: 'LLM' })),
          refusalOf(impatient.capture('away', hold.id, '1')),
          refusalOf(impatient.release('away', hold.id)),
          refusalOf(impatient.grant('away', { type: 'paid', amount: '10' })),
        ])
        const waited = performance.now() - began
        for (const { code } of refusals) expect(['database_unavailable', 'outcome_unknown']).toContain(code)
        expect(waited).toBeLessThan(10_000)

        await server.start()
        await impatient.charge('away', { amount: '1', category: 'LLM', key: 'away' })
        await impatient.capture('away', hold.id, '1')
        expect(await impatient.balance('away')).toMatchObject({
          settled: parseAmount('8'),
          held: 0n,
          openHolds: 0,
        })
        expect(await impatient.audit()).toMatchObject({ ok: true })
      } finally {
        await impatient.close()
      }
    },
  )
})
