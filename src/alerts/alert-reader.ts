import type postgres from 'postgres'
import { CreditsError } from '../errors.ts'
import type { Alert, AlertsQuery } from '../types.ts'
import { ALERT_COLUMNS, alertOfRow, type AlertRow } from './alert-row.ts'

const ROWS_MAX = 100

/** An account's alerts, the latest first, at most 100. */
export async function readAlerts(
  sql: postgres.Sql,
  prepare: boolean,
  account: string,
  { open = true }: AlertsQuery,
): Promise<Alert[]> {
  const rows = await sql.unsafe<AlertRow[]>(
    `select ${ALERT_COLUMNS} from alerts where account_id = $1 ${open ? 'and resolved_at is null' : ''}
     order by raised_at desc, id desc limit ${ROWS_MAX}`,
    [account],
    { prepare },
  )
  return rows.map(alertOfRow)
}

/** @throws CreditsError `alert_not_found` */
export async function readAlert(
  sql: postgres.Sql,
  prepare: boolean,
  account: string,
  id: string,
): Promise<Alert> {
  const [row] = await sql.unsafe<AlertRow[]>(
    `select ${ALERT_COLUMNS} from alerts where account_id = $1 and id = $2`,
    [account, id],
    { prepare },
  )
  if (!row) throw alertNotFound(account, id)
  return alertOfRow(row)
}

export const alertNotFound = (account: string, alert: string): CreditsError =>
  new CreditsError('alert_not_found', `${account} has no alert ${alert}.`, { account, alert })
