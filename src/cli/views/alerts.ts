import { styleText } from 'node:util'
import type { Alert } from '../../types.ts'
import { drawTable } from './table.ts'
import { minuteOf, printable } from './text.ts'

const LEVELS = ['over', 'low', 'critical', 'empty'] as const

/** An account's alerts, in the order given. */
export function alertsTable(account: string, alerts: readonly Alert[], all: boolean): string {
  if (alerts.length === 0) return `${printable(account)} has no ${all ? '' : 'open '}alerts.`
  const table = drawTable(
    [
      { head: 'Kind' },
      { head: 'State' },
      { head: 'Raised' },
      { head: 'Over' },
      { head: 'About' },
      { head: 'Details' },
      { head: 'Alert' },
    ],
    alerts.map((alert) => [
      alert.kind,
      stateOf(alert),
      minuteOf(alert.raisedAt),
      alert.resolvedAt === null ? '' : minuteOf(alert.resolvedAt),
      alert.subject ?? '',
      detailsOf(alert),
      alert.id,
    ]),
  )
  return `${table}\n${styleText('dim', 'Times are in UTC.')}`
}

/** Only a low balance knows degrees. */
function stateOf({ kind, level, resolvedAt, snoozedUntil }: Alert): string {
  if (resolvedAt !== null) return LEVELS[0]
  const state = kind === 'low_balance' ? LEVELS[level] : 'open'
  return snoozedUntil === null ? state : `${state}, snoozed until ${minuteOf(snoozedUntil)}`
}

/** @example 'settled 12.5, line 20' */
const detailsOf = ({ detail }: Alert): string =>
  Object.entries(detail)
    .filter(([name, value]) => name !== 'subject' && value !== null)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', ')
