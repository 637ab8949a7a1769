import { styleText } from 'node:util'
import Table from 'cli-table3'
import { printable } from './text.ts'

export interface Column {
  head: string
  align?: 'left' | 'right'
}

const NO_LINES = Object.fromEntries(
  ['top', 'bottom', 'left', 'right'].flatMap((side) => [
    [side, ''],
    [`${side}-left`, ''],
    [`${side}-mid`, ''],
    [`${side}-right`, ''],
  ]),
)

/** Columns apart by two spaces and a rule under the head: narrow, and easy to cut into fields. */
const LINES = { ...NO_LINES, mid: '─', 'mid-mid': '──', middle: '  ' }

/**
 * Draws a table for people.
 *
 * @param rows one cell for each column
 * @param totals a last row, set off by a rule
 */
export function drawTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  totals?: readonly string[],
): string {
  const table = new Table({
    head: columns.map(({ head }) => head),
    colAligns: columns.map(({ align }) => align ?? 'left'),
    chars: LINES,
    // Colours are ours: the library's do not know whether the output is a terminal.
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
  })
  for (const row of totals === undefined ? rows : [...rows, totals]) table.push(row.map(printable))

  const [head = '', rule = '', ...lines] = table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
  const dimRule = styleText('dim', rule)
  const drawn = [styleText('bold', head), dimRule, ...lines]
  if (totals !== undefined) drawn.splice(-1, 0, dimRule)
  return drawn.join('\n')
}
