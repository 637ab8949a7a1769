/** How long credit lasts at a rate, and what of it expires unused: pure. Amounts are micro-credits. */
import { compareDrawDown, type DrawableBatch, isUnexpired } from '../draw-down.ts'

export const DAY_MS = 24 * 60 * 60 * 1000

/** A forecast of longer than that says nothing more than that it lasts. */
const HORIZON_MS = 3653 * DAY_MS

export interface Outlook<B extends DrawableBatch> {
  /** From when on there is no credit, in milliseconds; null if never within ten years, or where nothing is used. */
  readonly runsOutAt: number | null
  /** What expires unused, soonest first. */
  readonly lapses: readonly { readonly batch: B; readonly amount: bigint; readonly at: number }[]
}

interface Part<B> {
  readonly batch: B
  /** Micro-credits times the milliseconds of a day: so are draws of any length whole numbers. */
  left: bigint
}

/**
 * Spends the batches in draw-down order at an even rate, from one expiry to the next.
 *
 * @param perDay micro-credits a day, at least 0
 * @param now milliseconds since 1970
 * @example forecastCredit([paid], 10n, Date.now()).runsOutAt
 */
export function forecastCredit<B extends DrawableBatch>(
  batches: readonly B[],
  perDay: bigint,
  now: number,
): Outlook<B> {
  const day = BigInt(DAY_MS)
  let parts: Part<B>[] = batches
    .filter((batch) => batch.remaining > 0n && isUnexpired(batch, now))
    .toSorted(compareDrawDown)
    .map((batch) => ({ batch, left: batch.remaining * day }))
  const expiries = [...new Set(parts.map(({ batch }) => batch.expiresAt))]
    .filter((at) => at <= now + HORIZON_MS)
    .toSorted((a, b) => a - b)
  const lapses: { batch: B; amount: bigint; at: number }[] = []
  let runsOutAt = parts.length === 0 ? now : null
  let from = now
  for (const until of [...expiries, now + HORIZON_MS]) {
    const left = parts.reduce((sum, part) => sum + part.left, 0n)
    if (left === 0n) break
    const capacity = perDay * BigInt(until - from)
    if (capacity >= left) {
      // Rounded up: at that instant nothing is left for certain.
      runsOutAt = from + Number((left + perDay - 1n) / perDay)
      return { runsOutAt, lapses }
    }
    spend(parts, capacity)
    for (const { batch, left: unused } of parts) {
      // Rounded down, and so nothing where it is less than a micro-credit.
      const amount = unused / day
      if (batch.expiresAt === until && amount > 0n) lapses.push({ batch, amount, at: until })
    }
    parts = parts.filter(({ batch, left: rest }) => rest > 0n && batch.expiresAt > until)
    from = until
    if (parts.length === 0) runsOutAt = until
  }
  return { runsOutAt: perDay === 0n ? null : runsOutAt, lapses }
}

function spend<B>(parts: readonly Part<B>[], capacity: bigint): void {
  let rest = capacity
  for (const part of parts) {
    const drawn = part.left < rest ? part.left : rest
    part.left -= drawn
    rest -= drawn
  }
}
