import type { Period } from '../../usage/period.ts'
import type { Used } from '../../usage/report.ts'

/** @example chargeCount({ charges: 1234, … }) // '1,234 charges' */
export const chargeCount = ({ charges }: Used): string =>
  charges === 1 ? '1 charge' : `${charges.toLocaleString('en-US')} charges`

/** What part of a total it is; of nothing there are no parts. @example share(1n, 300n) // ' (<1 %)' */
export function share(amount: bigint, total: bigint): string {
  if (total === 0n) return ''
  const percent = (200n * amount + total) / (2n * total)
  return amount > 0n && percent === 0n ? ' (<1 %)' : ` (${percent} %)`
}

/** @example 'charges-2026-11-16-to-2026-11-22.csv' */
export const chargesFileName = ({ from, to }: Pick<Period, 'from' | 'to'>): string =>
  `charges-${from}-to-${to}.csv`
