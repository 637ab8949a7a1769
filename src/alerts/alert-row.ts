import type { Alert, AlertKind } from '../types.ts'

export const ALERT_COLUMNS =
  'account_id, id, kind, level, detail, raised_at, resolved_at, version, snoozed_until'

export type AlertRow = Readonly<Record<string, unknown>>

export function alertOfRow(row: AlertRow): Alert {
  const detail = row['detail'] as Readonly<Record<string, unknown>>
  const subject = detail['subject']
  return {
    account: row['account_id'] as string,
    id: row['id'] as string,
    kind: row['kind'] as AlertKind,
    level: row['level'] as Alert['level'],
    subject: typeof subject === 'string' ? subject : null,
    detail,
    raisedAt: row['raised_at'] as Date,
    resolvedAt: row['resolved_at'] as Date | null,
    version: row['version'] as number,
    snoozedUntil: row['snoozed_until'] as Date | null,
  }
}
