import { CATEGORIES } from '../../src/types.ts'
import type { Chart } from '../charts/chart.ts'
import { personOrName } from '../views/blocks.ts'
import { shortDay } from './days.ts'
import type { RankedUsage, UsageReport } from './report.ts'

/** Days that a bar may stand for: few enough bars, and each of the same length but the last. */
const BAR_DAYS = [1, 2, 3, 7, 14, 28]

/** A picture has room for a quarter of a year, day by day. */
export const PICTURE_BARS_MAX = 92

/** Usage over time, by category; no more bars than that. */
export function usageChart({ days }: UsageReport, barsMax: number): Chart {
  const length = BAR_DAYS.find((candidate) => days.length <= candidate * barsMax) ?? days.length
  const bars = Array.from({ length: Math.ceil(days.length / length) }, (_, index) =>
    days.slice(index * length, (index + 1) * length),
  )
  return {
    title: length === 1 ? 'Credits used each day' : `Credits used in ${length} days each`,
    labels: bars.map((bar) => barName(bar[0]?.day ?? '', bar.at(-1)?.day ?? '')),
    series: CATEGORIES.map((name) => ({
      name,
      amounts: bars.map((bar) => bar.reduce((sum, { amounts }) => sum + amounts[name], 0n)),
    })),
  }
}

/** @example barName('2026-11-21', '2026-11-22') // '21–22 Nov' */
function barName(from: string, to: string): string {
  if (from === to) return shortDay(from)
  const isSameMonth = from.slice(0, 7) === to.slice(0, 7)
  return `${isSameMonth ? Number(from.slice(8)) : shortDay(from)}–${shortDay(to)}`
}

/** Who used most; numbered as in the list beside it, where Slack writes people's names. */
export const rankingChart = ({ by, first }: RankedUsage): Chart => ({
  title: `Credits used by ${by}`,
  labels: first.map(({ name }, index) => {
    const isPerson = name !== null && personOrName(name).startsWith('<@')
    return `${index + 1}.${isPerson ? '' : ` ${name ?? 'none'}`}`
  }),
  series: [{ name: 'Credits', amounts: first.map(({ amount }) => amount) }],
})
