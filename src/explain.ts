import type postgres from 'postgres'
import { micro } from './amount.ts'
import { CreditsError } from './errors.ts'
import { chargeOf } from './ledger/booking.ts'
import { CHARGE_COLUMNS, chargeOfRow, type Row } from './ledger/stored-rows.ts'
import type { Receipt } from './types.ts'

/**
 * The receipt of a charge, and what happened to it since.
 *
 * @throws CreditsError `charge_not_found`
 */
export async function readReceipt(
  sql: postgres.Sql,
  prepare: boolean,
  account: string,
  chargeId: string,
): Promise<Receipt> {
  const [charges, entries] = await Promise.all([
    sql.unsafe<Row[]>(
      `select ${CHARGE_COLUMNS} from charges c where c.account_id = $1 and c.id = $2`,
      [account, chargeId],
      {
        prepare,
      },
    ),
    sql.unsafe<Row[]>(
      `select id, kind, amount, batch_id, reason, at from entries
       where account_id = $1 and charge_id = $2 and kind in ('refund', 'repayment') order by id`,
      [account, chargeId],
      { prepare },
    ),
  ])
  const row = charges[0]
  if (!row) {
    throw new CreditsError('charge_not_found', `${account} has no charge ${chargeId}.`, {
      account,
      charge: chargeId,
    })
  }
  const stored = chargeOfRow(row)
  const lines = entries.map((entry) => ({
    kind: entry['kind'] as 'refund' | 'repayment',
    id: entry['id'] as string,
    amount: micro(BigInt(entry['amount'] as string)),
    batchId: entry['batch_id'] as string | null,
    reason: entry['reason'] as string | null,
    at: entry['at'] as Date,
  }))
  const refunds = lines.filter(({ kind }) => kind === 'refund')
  return {
    ...chargeOf(account, stored, stored.chargedAt),
    refunds: refunds.map(({ id, amount, batchId, reason, at }) => ({ id, amount, batchId, reason, at })),
    repayments: lines
      .filter(({ kind }) => kind === 'repayment')
      .map(({ amount, batchId, at }) => ({ amount, batchId: batchId ?? '', at })),
    net: micro(refunds.reduce((net, { amount }) => net - amount, stored.amount)),
  }
}
