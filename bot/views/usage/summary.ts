import type { types } from '@slack/bolt'
import { barsBlock } from '../../charts/bars.ts'
import { chartInWords } from '../../charts/picture-input.ts'
import { PLACES_MAX } from '../../charts/native.ts'
import { PICTURE_BARS_MAX, usageChart } from '../../usage/charts.ts'
import type { UsageReport } from '../../usage/report.ts'
import { actions, context, credits, header, type Message } from '../blocks.ts'
import { categoryFields, categoryText, csvButton, periodLine } from '../usage.ts'

/**
 * Usage by category and over time, in few blocks.
 *
 * @param pictureUrl of the chart; without it the chart is drawn in characters
 */
export function usageSummaryView(report: UsageReport, pictureUrl: string | undefined): Message {
  const title = `${credits(report.total.amount)} used in 30 days`
  const isUsed = report.total.amount > 0n
  return {
    text: `${title}. ${periodLine(report)} ${categoryText(report)}`,
    blocks: [
      header(title),
      categoryFields(report),
      ...(isUsed ? [chartBlock(report, pictureUrl)] : []),
      context([periodLine(report)]),
      ...(isUsed ? [actions([csvButton(report.period)])] : []),
    ],
  }
}

function chartBlock(report: UsageReport, pictureUrl: string | undefined): types.KnownBlock {
  if (pictureUrl === undefined) return barsBlock(usageChart(report, PLACES_MAX))
  const altText = chartInWords(usageChart(report, PICTURE_BARS_MAX))
  return { type: 'image', image_url: pictureUrl, alt_text: altText }
}
