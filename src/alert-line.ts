/** When a balance is low, and how low: pure. Amounts are micro-credits. */

/** Of what was settled after the last grants, where nothing else is set. */
export const DEFAULT_ALERT_PERCENT = 20

/** 0 fine, 1 low (below the line), 2 critical (below a quarter of it), 3 empty. */
export type AlertLevel = 0 | 1 | 2 | 3

export interface AlertTerms {
  /** Where the line is, as an amount; null: by percentage only. */
  readonly amount: bigint | null
  /** Where the line is, as a percentage of `base`; null: the default, or none where an amount is set. */
  readonly percent: number | null
  /** What was settled after the last grants. */
  readonly base: bigint
}

export const alertPercent = ({ amount, percent }: Pick<AlertTerms, 'amount' | 'percent'>): number =>
  percent ?? (amount === null ? DEFAULT_ALERT_PERCENT : 0)

/** The higher of both, rounded down. */
export function alertLine(terms: AlertTerms): bigint {
  const byPercent = (terms.base * BigInt(alertPercent(terms))) / 100n
  return terms.amount !== null && terms.amount > byPercent ? terms.amount : byPercent
}

/**
 * How low a balance is. It gets worse at once, and better only when it is a tenth above the bound that it was under,
 * so that a balance about the line does not flap; or when all is there that was after the last grants, because a
 * tenth above a line of 95 % is more than that.
 *
 * @param settled what there is, debt taken off; what is held counts as there, because it comes and goes with each call
 * @param before the level until now
 * @example alertLevel(19n, { amount: null, percent: null, base: 100n }, 0) // 1
 */
export function alertLevel(settled: bigint, terms: AlertTerms, before: AlertLevel): AlertLevel {
  const line = alertLine(terms)
  if (settled === 0n && line === 0n && terms.base === 0n) return 0
  const now = levelUnder(settled, line, 10n)
  if (now >= before) return now
  if (settled >= terms.base && terms.base >= line) return 0
  const recovered = levelUnder(settled, line, 11n)
  return recovered < before ? recovered : before
}

/** @param tenths of the bounds that it has to reach */
function levelUnder(settled: bigint, line: bigint, tenths: bigint): AlertLevel {
  if (settled <= 0n) return 3
  if (settled * 40n < line * tenths) return 2
  return settled * 10n < line * tenths ? 1 : 0
}

/**
 * What the line's percentage is of, after a grant: what is settled then. A grant that leaves the account low does not
 * count: a small gift is no reason to be content with less.
 */
export function alertBaseAfterGrant(settled: bigint, terms: AlertTerms): bigint {
  return settled > 0n && settled * 10n >= alertLine(terms) * 11n ? settled : terms.base
}
