import type { types } from '@slack/bolt'
import { displayAmount } from '../../src/amount.ts'
import { barsBlock } from '../charts/bars.ts'
import type { Chart } from '../charts/chart.ts'
import { nativeChart, PLACES_MAX } from '../charts/native.ts'
import { rankingChart, usageChart } from '../usage/charts.ts'
import { longDay } from '../usage/days.ts'
import { absoluteWords, type Period } from '../usage/period.ts'
import { commandOf } from '../usage/question.ts'
import { type RankedUsage, type Ranking, RANKINGS, type UsageReport } from '../usage/report.ts'
import { actions, button, commandButton, credits, fields, header, type Message, section } from './blocks.ts'
import { rankingSections, rankingText } from './usage/rankings.ts'
import { chargeCount, share } from './usage/words.ts'

/** The value is the words of the report, with its days. */
export const SHOW_CHART_ACTION = 'usage_chart'
export const CHARGES_CSV_ACTION = 'usage_csv'

/** All that a message about usage shows. */
export interface Usage {
  readonly report: UsageReport
  /** What it is about at length; undefined: all of it in short. */
  readonly by: Ranking | undefined
  readonly rankings: readonly RankedUsage[]
}

/** In characters, which any message may show, or as Slack's own chart, which some workspaces refuse. */
export type ChartStyle = 'bars' | 'native'

/**
 * Usage of a period: by category, over time, and who and what used most.
 *
 * @param offersChart whether a button asks for Slack's own chart
 */
export function usageView(usage: Usage, style: ChartStyle, offersChart = false): Message {
  const { report, by, rankings } = usage
  const title = `${credits(report.total.amount)} used`
  const chart = chartOf(usage)
  return {
    text: [
      `${title}.`,
      periodLine(report),
      categoryText(report),
      ...rankings.flatMap((ranking) => rankingText(ranking)),
    ].join(' '),
    blocks: [
      header(title),
      section(periodLine(report)),
      categoryFields(report),
      ...(chart === undefined ? [] : [style === 'bars' ? barsBlock(chart) : nativeChart(chart)]),
      ...rankings.flatMap(rankingSections),
      actions(otherReports(report.period, by)),
      ...(report.total.charges === 0 ? [] : [actions(otherForms(usage, offersChart))]),
    ],
  }
}

/** Usage over time or, of one ranking, who used how much. */
function chartOf({ report, by, rankings: [ranking] }: Usage): Chart | undefined {
  if (report.total.amount === 0n) return undefined
  return by === undefined || ranking?.first === undefined
    ? usageChart(report, PLACES_MAX)
    : rankingChart(ranking)
}

/** @example 'From 16 Nov 2026 to 22 Nov 2026, days in Europe/Berlin: 1,234 charges, less what was refunded.' */
export function periodLine({ period: { from, to, timeZone }, total }: UsageReport): string {
  const days = from === to ? `On ${longDay(from)}, the day` : `From ${longDay(from)} to ${longDay(to)}, days`
  return `${days} in ${timeZone}: ${chargeCount(total)}, less what was refunded.`
}

export const categoryFields = ({ categories, total }: UsageReport): types.SectionBlock =>
  fields(
    categories.map(
      (used) =>
        `*${used.category}*\n${credits(used.amount)}${share(used.amount, total.amount)}\n${chargeCount(used)}`,
    ),
  )

/** @example 'LLM 20, WebSearch 5.5, SpeechToText 0.' */
export const categoryText = ({ categories }: UsageReport): string =>
  `${categories.map(({ category, amount }) => `${category} ${displayAmount(amount)}`).join(', ')}.`

const PERIODS = [
  ['7 days', '7d'],
  ['30 days', '30d'],
  ['This month', 'month'],
] as const

/** Other periods of the same report, and other reports of the same period. */
const otherReports = ({ words }: Period, by: Ranking | undefined): types.Button[] => [
  ...PERIODS.filter(([, period]) => period !== words).map(([name, period]) =>
    commandButton(name, commandOf(period, by)),
  ),
  ...(by === undefined ? [] : [commandButton('In short', commandOf(words, undefined))]),
  ...RANKINGS.filter((ranking) => ranking !== by).map((ranking) =>
    commandButton(`By ${ranking}`, commandOf(words, ranking)),
  ),
]

/** The same as a chart and as a file: of the same days, also when they are asked for tomorrow. */
function otherForms({ report: { period }, by }: Usage, offersChart: boolean): types.Button[] {
  const chart = button('Show chart', SHOW_CHART_ACTION, commandOf(absoluteWords(period), by))
  return [...(offersChart ? [chart] : []), csvButton(period)]
}

export const csvButton = (period: Period): types.Button =>
  button('Charges as CSV', CHARGES_CSV_ACTION, commandOf(absoluteWords(period), undefined))
