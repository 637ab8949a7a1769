import type { types } from '@slack/bolt'
import { displayAmount } from '../../src/amount.ts'
import { type Chart, totals } from './chart.ts'

/** What each series is drawn with, from dark to light: so they are told apart without colour. */
const FILLS = ['█', '▓', '░', '▚', '▞', '▒'] as const

/** With label and number, a line fits on a telephone. */
const BAR_CELLS = 18
const LABEL_MAX = 14

/** The chart in characters, a line for each label; for where no picture can be seen. */
export function barsBlock(chart: Chart): types.RichTextBlock {
  return {
    type: 'rich_text',
    elements: [
      { type: 'rich_text_preformatted', elements: [{ type: 'text', text: barLines(chart).join('\n') }] },
    ],
  }
}

function barLines(chart: Chart): string[] {
  const sums = totals(chart)
  const largest = sums.reduce((most, sum) => (sum > most ? sum : most), 0n)
  const labels = chart.labels.map((label) => shorten(label))
  const labelWidth = Math.max(...labels.map((label) => label.length))
  const lines = labels.map((label, place) => {
    const amounts = chart.series.map(({ amounts: all }) => all[place] ?? 0n)
    const sum = sums[place] ?? 0n
    const bar = stack(amounts, sum, cellsOf(sum, largest)).padEnd(BAR_CELLS)
    return `${label.padEnd(labelWidth)} ${bar} ${displayAmount(sum)}`
  })
  const legend = chart.series.map(({ name }, index) => `${fill(index)} ${name}`).join('  ')
  return chart.series.length === 1 ? lines : [legend, ...lines]
}

/** The nearest number of cells; but what is not nothing gets one. */
function cellsOf(amount: bigint, largest: bigint): number {
  if (amount === 0n) return 0
  const cells = BigInt(BAR_CELLS)
  return Math.max(1, Number((2n * amount * cells + largest) / (2n * largest)))
}

/** Each part begins and ends at the nearest cell, so that all parts together are as long as the bar. */
function stack(amounts: readonly bigint[], sum: bigint, cells: number): string {
  let below = 0n
  return amounts
    .map((amount, index) => {
      const start = edge(below, sum, cells)
      below += amount
      return fill(index).repeat(edge(below, sum, cells) - start)
    })
    .join('')
}

const edge = (below: bigint, sum: bigint, cells: number): number =>
  sum === 0n ? 0 : Number((2n * below * BigInt(cells) + sum) / (2n * sum))

const fill = (index: number): string => FILLS[index % FILLS.length] ?? FILLS[0]

const shorten = (label: string): string =>
  label.length > LABEL_MAX ? `${label.slice(0, LABEL_MAX - 1)}…` : label
