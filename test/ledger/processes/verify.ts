import { expect } from 'vitest'
import { micro, parseAmount } from '../../../src/amount.ts'
import type { CreditLedger } from '../../../src/credits.ts'
import { type Acknowledged, costOf, makeCall } from './calls.ts'

/** What callers said before they were killed, and how many calls they may have begun. */
export interface Witness {
  caller: string
  acknowledged: readonly Acknowledged[]
  begun: number
}

/**
 * Makes every call again that was begun, and expects each to have been booked once: those that were acknowledged
 * under the id that was told, and all others now or then.
 *
 * @param granted all that was granted to the account
 */
export async function expectEachCallOnce(
  ledger: CreditLedger,
  account: string,
  granted: string,
  witnesses: readonly Witness[],
): Promise<void> {
  const before = await ledger.audit(account)
  expect(before).toMatchObject({ ok: true, divergences: [] })
  const acknowledged = witnesses.reduce((total, witness) => total + witness.acknowledged.length, 0)
  expect(before.charges).toBeGreaterThanOrEqual(acknowledged)

  let calls = 0
  let cost = 0n
  for (const { caller, acknowledged: told, begun } of witnesses) {
    const ids = await Promise.all(
      Array.from({ length: begun }, (_, n) => makeCall(ledger, account, caller, n)),
    )
    expect(told.map(({ n }) => ids[n])).toEqual(told.map(({ chargeId }) => chargeId))
    calls += begun
    for (let n = 0; n < begun; n += 1) cost += costOf(n)
  }

  expect(await ledger.audit(account)).toMatchObject({ ok: true, divergences: [], charges: calls })
  expect(await ledger.balance(account)).toMatchObject({
    settled: parseAmount(granted) - cost,
    held: 0n,
    openHolds: 0,
    debt: 0n,
  })
  const usage = await ledger.usage(account, { by: [] })
  expect(usage).toEqual([{ charges: calls, amount: micro(cost) }])
}
