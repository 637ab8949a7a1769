import type postgres from 'postgres'
import type { Database } from '../../db/connect.ts'
import { CreditsError } from '../errors.ts'
import { textArray } from '../ledger/array-literal.ts'
import type { Alert } from '../types.ts'
import { ALERT_COLUMNS, alertOfRow, type AlertRow } from './alert-row.ts'

const TAKEN_MAX = 1_000

/** Queues what is to be done about alerts, within the transaction that takes them. */
export type TakeAlerts = (alerts: Alert[], sql: postgres.TransactionSql) => Promise<void>

/**
 * Takes alerts that have something new: what `take` does in the transaction, and that they are taken, is done or not
 * as one. Several processes that take at once get different ones.
 *
 * @returns how many were taken
 */
export async function takeAlerts(database: Database, limit: number, take: TakeAlerts): Promise<number> {
  if (!Number.isInteger(limit) || limit < 1 || limit > TAKEN_MAX) {
    throw new CreditsError('invalid_page', `Invalid limit: give a whole number from 1 to ${TAKEN_MAX}.`)
  }
  const { prepare } = database
  // Where the connection fails it is done again: what was taken by then is not there to be taken twice.
  return database.read((sql) =>
    sql.begin('isolation level read committed', async (transaction) => {
      const rows = await transaction.unsafe<AlertRow[]>(
        `select ${ALERT_COLUMNS} from alerts where taken_version < version
         order by account_id, id limit $1::int for update skip locked`,
        [limit.toString()],
        { prepare },
      )
      if (rows.length === 0) return 0
      const alerts = rows.map(alertOfRow)
      await take(alerts, transaction)
      await transaction.unsafe(
        `update alerts a set taken_version = d.version
         from unnest($1::text[], $2::uuid[], $3::int[]) as d(account_id, id, version)
         where a.account_id = d.account_id and a.id = d.id`,
        [
          textArray(alerts.map(({ account }) => account)),
          textArray(alerts.map(({ id }) => id)),
          textArray(alerts.map(({ version }) => String(version))),
        ],
        { prepare },
      )
      return alerts.length
    }),
  )
}
