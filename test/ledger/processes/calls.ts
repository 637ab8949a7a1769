/** Calls that may be made again: who cannot know whether one was booked makes it once more, with the same key. */
import { micro } from '../../../src/amount.ts'
import type { CreditLedger } from '../../../src/credits.ts'

export interface Acknowledged {
  /** Which call of its caller. */
  n: number
  chargeId: string
}

/** What the nth call costs. */
export const costOf = (n: number) => micro(1_000_000n + BigInt(n % 7) * 100_000n)

/**
 * Makes the nth call of a caller: every other one with a hold before.
 *
 * @returns the id of its charge, the same however often the call is made
 */
export async function makeCall(
  ledger: CreditLedger,
  account: string,
  caller: string,
  n: number,
): Promise<string> {
  const key = `${caller}-${n}`
  if (n % 2 === 0) {
    const charge = await ledger.charge(account, { amount: costOf(n), category: 'LLM', agent: caller, key })
    return charge.id
  }
  const hold = await ledger.authorize(account, { amount: '2', category: 'WebSearch', agent: caller, key })
  const [charge] = await ledger.capture(account, hold.id, costOf(n))
  if (charge === undefined) throw new Error('A capture answered with no charge')
  return charge.id
}

/**
 * Makes calls, some at once, until it is told to stop or one fails.
 *
 * @param acknowledge is told of each call that was answered
 * @returns how many were begun
 */
export async function keepCalling(
  ledger: CreditLedger,
  account: string,
  caller: string,
  settings: { atOnce: number; isOver: () => boolean },
  acknowledge: (call: Acknowledged) => void,
): Promise<number> {
  let next = 0
  let isEnded = false
  async function line(): Promise<void> {
    while (!isEnded && !settings.isOver()) {
      const n = next
      next += 1
      acknowledge({ n, chargeId: await makeCall(ledger, account, caller, n) })
    }
  }
  const lines = Array.from({ length: settings.atOnce }, line)
  try {
    await Promise.all(lines)
  } finally {
    isEnded = true
    await Promise.allSettled(lines)
  }
  return next
}
