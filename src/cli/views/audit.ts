import type { AuditReport } from '../../types.ts'
import { drawTable } from './table.ts'
import { counted } from './text.ts'

export function auditView(report: AuditReport): string {
  const { accounts, batches, charges, entries, divergences } = report
  const read = [
    counted(accounts, 'account'),
    counted(batches, 'batch', 'batches'),
    counted(charges, 'charge'),
    counted(entries, 'entry', 'entries'),
  ].join(', ')
  if (report.ok) return `Audit of ${read}: all agree.`
  const table = drawTable(
    [
      { head: 'Account' },
      { head: 'Rule' },
      { head: 'Subject' },
      { head: 'Expected', align: 'right' },
      { head: 'Found', align: 'right' },
    ],
    divergences.map(({ account, rule, subject, expected, found }) => [
      account,
      rule,
      subject,
      expected,
      found,
    ]),
  )
  return `Audit of ${read}: ${counted(divergences.length, 'divergence')}, the first of each account.\n\n${table}`
}
