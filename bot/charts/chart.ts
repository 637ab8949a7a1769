import { MICRO_PER_CREDIT } from '../../src/amount.ts'

/** Amounts side by side, at each place in as many parts as there are series. However it is drawn. */
export interface Chart {
  readonly title: string
  /** What stands below, one for each place, e.g. days. */
  readonly labels: readonly string[]
  readonly series: readonly Series[]
}

export interface Series {
  readonly name: string
  /** One for each label, none negative. */
  readonly amounts: readonly bigint[]
}

/** The sum of the series at each label. */
export const totals = ({ labels, series }: Chart): bigint[] =>
  labels.map((_, index) => series.reduce((sum, { amounts }) => sum + (amounts[index] ?? 0n), 0n))

/** An amount for drawing, where the sixteenth digit is not seen. */
export const drawn = (amount: bigint): number => Number(amount) / Number(MICRO_PER_CREDIT)
