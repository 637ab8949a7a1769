import { displayAmount } from '../../src/amount.ts'
import { type Chart, drawn, totals } from './chart.ts'

/** What a picture is made of; plain data, as it goes to the thread that draws. */
export interface PictureInput {
  readonly title: string
  readonly labels: readonly string[]
  /** In the order they are stacked, from below. */
  readonly series: readonly {
    readonly name: string
    /** In credits, one for each label. */
    readonly values: readonly number[]
  }[]
}

/** An image's `alt_text` is not longer. */
const WORDS_MAX = 2_000

/** With the sum of each series in its name, so that the legend says in words what the colours say. */
export const pictureInput = (chart: Chart): PictureInput => ({
  title: chart.title,
  labels: chart.labels,
  series: chart.series.map(({ name, amounts }) => ({
    name: withSum(name, amounts),
    values: amounts.map(drawn),
  })),
})

/** The chart's numbers, for who does not see it. */
export function chartInWords(chart: Chart): string {
  const sums = chart.series.map(({ name, amounts }) => withSum(name, amounts)).join(', ')
  const places = totals(chart).map((sum, place) => `${chart.labels[place] ?? ''} ${displayAmount(sum)}`)
  const words = `${chart.title}. ${sums}. ${places.join('; ')}`
  return words.length > WORDS_MAX ? `${words.slice(0, WORDS_MAX - 1)}…` : words
}

const withSum = (name: string, amounts: readonly bigint[]): string =>
  `${name} ${displayAmount(amounts.reduce((sum, amount) => sum + amount, 0n))}`
