import type { Clock } from '../clock.ts'

/** Beyond this age, or measured over a slower round trip, a reading of the database's clock is not relied on. */
const READING_MAX_AGE_MS = 600_000
const READING_MAX_TRIP_MS = 1_000

/**
 * What the database's clock says by now, estimated from its last answer and this process's monotonic clock. It
 * decides nothing that is close: within `SAFETY_MS` of an expiry the account is locked and the real time read.
 */
export class DatabaseTime {
  private readonly fixed: Clock | undefined
  private reading: { at: number; sentAt: number } | undefined

  constructor(fixed: Clock | undefined) {
    this.fixed = fixed
  }

  /** The test's instant, or null for the database's clock. */
  get fixedTime(): Date | null {
    return this.fixed?.now() ?? null
  }

  /** At the latest, in whole milliseconds; undefined where no fresh reading allows an estimate. */
  estimate(): number | undefined {
    if (this.fixed) return this.fixed.now().getTime()
    if (!this.reading) return undefined
    const elapsed = performance.now() - this.reading.sentAt
    return elapsed > READING_MAX_AGE_MS ? undefined : Math.ceil(this.reading.at + elapsed)
  }

  /** Takes a reading: the instant that came back, and `performance.now()` of when the question was sent. */
  observe(at: Date, sentAt: number): void {
    if (performance.now() - sentAt <= READING_MAX_TRIP_MS) this.reading = { at: at.getTime(), sentAt }
  }
}

/** Longer than the database may wait or clocks may drift between a decision and its write. */
export const SAFETY_MS = 10_000
