import type { UsageDimension, UsageRow } from '../../types.ts'
import { drawTable } from './table.ts'
import { amountColumn, printable } from './text.ts'

const HEADS: Readonly<Record<UsageDimension, string>> = {
  category: 'Category',
  model: 'Model',
  agent: 'Agent',
  user: 'User',
  day: 'Day',
}

export function usageTable(
  account: string,
  rows: readonly UsageRow[],
  by: readonly UsageDimension[],
): string {
  if (rows.length === 0) return `${printable(account)} used nothing in this time.`
  const total = rows.reduce((sum, row) => sum + row.amount, 0n)
  const amounts = amountColumn([...rows.map((row) => row.amount), total])
  const charges = rows.reduce((sum, row) => sum + row.charges, 0)
  return drawTable(
    [
      ...by.map((dimension) => ({ head: HEADS[dimension] })),
      { head: 'Charges', align: 'right' },
      { head: 'Credits', align: 'right' },
    ],
    rows.map((row, index) => [
      ...by.map((dimension) => row[dimension] ?? '(none)'),
      row.charges.toLocaleString('en-US'),
      amounts[index] ?? '',
    ]),
    [
      ...by.map((_, index) => (index === 0 ? 'Total' : '')),
      charges.toLocaleString('en-US'),
      amounts.at(-1) ?? '',
    ],
  )
}
