import { CreditsError } from '../errors.ts'

/** A row of a table, and the line of the file that it begins on. */
export interface CsvRow {
  readonly line: number
  readonly cells: readonly string[]
}

/**
 * Reads comma-separated values (RFC 4180): cells may be quoted, with quotes doubled, commas and line ends in them.
 * Empty lines are left out.
 *
 * @throws CreditsError `invalid_rate` for a quote that does not end, or ends within a cell
 * @example parseCsv('a,"b,c"\n') // [{ line: 1, cells: ['a', 'b,c'] }]
 */
export function parseCsv(text: string): CsvRow[] {
  const rows: CsvRow[] = []
  let cells: string[] = []
  let line = 1
  let begun = line
  // A cell, quoted or not, and what ends it.
  const cell = /(?:"([^"]*(?:""[^"]*)*)"|([^",\r\n]*))(,|\r\n|\n|\r|$)/y
  const source = text.replace(/^\uFEFF/, '')
  while (cell.lastIndex < source.length || cells.length > 0) {
    const match = cell.exec(source)
    if (!match)
      throw new CreditsError('invalid_rate', `Line ${line}: a quote stands alone; double it within a cell.`)
    const [whole, quoted, plain = '', end] = match
    cells.push(quoted === undefined ? plain.trim() : quoted.replaceAll('""', '"'))
    line += whole.match(/\r\n|\n|\r/g)?.length ?? 0
    if (end === ',') continue
    if (cells.length > 1 || cells[0] !== '') rows.push({ line: begun, cells })
    cells = []
    begun = line
  }
  return rows
}
