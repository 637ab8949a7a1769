import type { UsageRate } from './usage-rate.ts'

/** So many times as long as it took to read it, a rate is kept: reading them costs 1 % of the time at most. */
const KEPT_TIMES = 100

/** A read that waited for the database says nothing of how long such reads take. */
const KEPT_MAX_MS = 10_000

const ACCOUNTS_MAX = 10_000

/**
 * Remembers rates for a moment. A busy account has tens of thousands of usage buckets in 7 days, which take 15 ms to
 * sum, and a rate of 7 days is the same a second later; what took 0.3 ms is asked again after 30 ms.
 */
export class RateMemory {
  private readonly kept = new Map<string, { rate: Promise<UsageRate>; until: number }>()

  /** @param read is asked once for all that ask meanwhile */
  rateOf(account: string, read: () => Promise<UsageRate>): Promise<UsageRate> {
    const known = this.kept.get(account)
    const begun = performance.now()
    if (known && begun < known.until) return known.rate
    const entry = { rate: read(), until: Infinity }
    if (this.kept.size >= ACCOUNTS_MAX) this.kept.clear()
    this.kept.set(account, entry)
    entry.rate.then(
      () => {
        const now = performance.now()
        entry.until = now + Math.min((now - begun) * KEPT_TIMES, KEPT_MAX_MS)
      },
      () => {
        if (this.kept.get(account) === entry) this.kept.delete(account)
      },
    )
    return entry.rate
  }
}
