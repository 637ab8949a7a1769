import { isGoodFor, isUnexpired } from '../../draw-down.ts'
import { alertLevel } from '../../alert-line.ts'
import { type LedgerBatch, type OpenHold, settledCredit } from '../account-state.ts'
import type { AccountView, Operation } from '../operation.ts'
import type { TransactionReader } from '../transaction-reader.ts'

export interface Expired {
  readonly batches: number
  readonly lapsedHolds: number
  readonly amount: bigint
}

/**
 * Writes the expiry of batches that are past it. What open holds that are older than a batch's expiry could still
 * draw stays in it. Needs no key: what is written off is no longer there.
 */
export class Expire implements Operation<Expired, Expired> {
  readonly name = 'expire'
  readonly account: string
  readonly keyed = null
  readonly rememberable = false
  readonly subject = 'expire'
  private holds: OpenHold[] = []

  constructor(account: string) {
    this.account = account
  }

  async prepare({ state, at }: AccountView, reader: TransactionReader): Promise<void> {
    if (!state.hasExpired) return
    this.holds = (await reader.openHolds(this.account)).filter(({ expiresAt }) => expiresAt > at)
  }

  apply({ state, at, posting, lapsed }: AccountView): Expired {
    let batches = 0
    let amount = 0n
    for (const batch of state.batches.filter((candidate) => !isUnexpired(candidate, at))) {
      const kept = this.reservedIn(batch)
      const expired = batch.remaining - (kept < batch.remaining ? kept : batch.remaining)
      if (expired === 0n) continue
      batch.expired += expired
      batch.remaining -= expired
      posting.changeBatch(state, batch)
      posting.entry(state, { kind: 'expiry', amount: expired, batchId: batch.id })
      batches += 1
      amount += expired
    }
    // Expiry comes with time: the balance may have crossed its line although nothing is written off yet.
    if (alertLevel(settledCredit(state), state.alert, state.alert.level) !== state.alert.level)
      posting.touch(state)
    return { batches, amount, lapsedHolds: lapsed }
  }

  answer(seed: Expired): Expired {
    return seed
  }

  private reservedIn(batch: LedgerBatch): bigint {
    return this.holds
      .filter(({ authorizedAt }) => isGoodFor(batch, authorizedAt))
      .reduce((sum, hold) => sum + hold.amount, 0n)
  }
}
