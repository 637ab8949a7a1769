import type postgres from 'postgres'
import { alertLineOf } from './ledger/operations/set-alert-line.ts'
import { alertOfRow, type Row } from './ledger/stored-rows.ts'
import type { AlertLine } from './types.ts'

/** Where an account's low-balance alert begins, and how low it is as of the last write. */
export async function readAlertLine(
  sql: postgres.Sql,
  prepare: boolean,
  account: string,
): Promise<AlertLine> {
  const [row] = await sql.unsafe<Row[]>(
    'select alert_amount, alert_percent, alert_base, alert_level from accounts where account_id = $1',
    [account],
    { prepare },
  )
  return alertLineOf(account, row ? alertOfRow(row) : { amount: null, percent: null, base: 0n, level: 0 })
}
