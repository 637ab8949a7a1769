import type { types } from '@slack/bolt'
import { richTextLines } from './rich-text.ts'

/** A data table; the first row is its head. */
export const tableLines = ({ rows }: types.DataTableBlock): string[] =>
  columns(rows.map((row) => row.map(cellText)))

type Cell = types.DataTableBlock['rows'][number][number]

const cellText = (cell: Cell): string => ('text' in cell ? cell.text : richTextLines(cell).join(' '))

/** Slack's own chart, which `@slack/types` does not know, as a table of its numbers. */
interface ChartBlock {
  readonly type: 'data_visualization'
  readonly title: string
  readonly chart: {
    readonly series: readonly {
      readonly name: string
      readonly data: readonly { readonly label: string; readonly value: number }[]
    }[]
  }
}

/** A chart in numbers; any other block by its name. */
export function chartLines(block: { readonly type: string }): string[] {
  if (block.type !== 'data_visualization') return [`[${block.type}]`]
  const { title, chart } = block as ChartBlock
  const labels = chart.series[0]?.data.map(({ label }) => label) ?? []
  const rows = labels.map((label, index) => [
    label,
    ...chart.series.map(({ data }) => String(data[index]?.value ?? '')),
  ])
  return [`(chart: ${title})`, ...columns([['', ...chart.series.map(({ name }) => name)], ...rows])]
}

/** Pads each column to its longest cell. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0))) ?? []
  return rows.map((row) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
