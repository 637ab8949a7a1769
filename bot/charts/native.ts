import type { types } from '@slack/bolt'
import { type Chart, drawn } from './chart.ts'

/** Slack's own chart, for messages only; `@slack/types` does not know it yet. */
interface DataVisualizationBlock {
  type: 'data_visualization'
  title: string
  chart: {
    type: 'bar'
    series: { name: string; data: { label: string; value: number }[] }[]
    axis_config: { categories: string[]; x_label?: string; y_label?: string }
  }
}

const TITLE_MAX = 50
const LABEL_MAX = 20
/** Slack draws no more. */
export const PLACES_MAX = 20

/** Bars side by side: Slack stacks none. Workspaces that have no charts yet refuse the block, and with it the message. */
export function nativeChart({ title, labels, series }: Chart): types.KnownBlock {
  const shown = labels.slice(0, PLACES_MAX).map((label) => shorten(label, LABEL_MAX))
  const block: DataVisualizationBlock = {
    type: 'data_visualization',
    title: shorten(title, TITLE_MAX),
    chart: {
      type: 'bar',
      series: series.map(({ name, amounts }) => ({
        name: shorten(name, LABEL_MAX),
        data: shown.map((label, place) => ({ label, value: drawn(amounts[place] ?? 0n) })),
      })),
      axis_config: { categories: shown, y_label: 'Credits' },
    },
  }
  return block as unknown as types.KnownBlock
}

const shorten = (text: string, most: number): string =>
  text.length > most ? `${text.slice(0, most - 1)}…` : text
