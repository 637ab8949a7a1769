/** A spreadsheet takes a cell that begins so for a formula, and runs it; in some languages the wide signs too. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/

/**
 * A line of comma-separated values (RFC 4180), ended. Text that a spreadsheet would take for a formula gets an
 * apostrophe before it: names come from whoever makes calls. Numbers are given as numbers or bigints, or they are text.
 *
 * @example csvLine(['a,b', 1, null]) // '"a,b",1,\r\n'
 */
export const csvLine = (cells: readonly (string | number | bigint | boolean | null)[]): string =>
  `${cells.map(csvCell).join(',')}\r\n`

function csvCell(value: string | number | bigint | boolean | null): string {
  if (typeof value !== 'string') return value === null ? '' : String(value)
  const text = FORMULA.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
