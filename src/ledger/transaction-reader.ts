import type postgres from 'postgres'
import type { LedgerBatch, OpenHold } from './account-state.ts'
import { textArray } from './array-literal.ts'
import type { StoredCharge } from './locked-rows.ts'
import {
  BATCH_COLUMNS,
  batchOfRow,
  CHARGE_COLUMNS,
  chargeOfRow,
  HOLD_COLUMNS,
  holdOfRow,
  type Row,
} from './stored-rows.ts'

/** Reads within a transaction that holds accounts' locks. */
export class TransactionReader {
  private readonly connection: postgres.Sql
  private readonly prepare: boolean

  constructor(connection: postgres.Sql, prepare: boolean) {
    this.connection = connection
    this.prepare = prepare
  }

  /** Sends a statement at once; what was sent before need not have been answered. */
  query(text: string, parameters: (string | null)[]): postgres.PendingQuery<Row[]> {
    const sent = this.connection.unsafe<Row[]>(text, parameters, { prepare: this.prepare }).execute()
    // The first failure of a pipeline is reported where it is awaited; those it drags along must not go unhandled.
    sent.catch(() => undefined)
    return sent
  }

  /** Sends a command of transactions, which has no parameters and no answer. */
  command(text: string): postgres.PendingQuery<Row[]> {
    const sent = this.connection.unsafe<Row[]>(text).execute()
    sent.catch(() => undefined)
    return sent
  }

  async batchesById(account: string, ids: readonly string[]): Promise<LedgerBatch[]> {
    const rows = await this.query(
      `select ${BATCH_COLUMNS} from batches where account_id = $1 and id = any($2::uuid[])`,
      [account, textArray(ids)],
    )
    return rows.map(batchOfRow)
  }

  async openHolds(account: string): Promise<OpenHold[]> {
    const rows = await this.query(`select ${HOLD_COLUMNS} from holds h where h.account_id = $1`, [account])
    return rows.map(holdOfRow)
  }

  async chargeById(account: string, id: string): Promise<StoredCharge | undefined> {
    const rows = await this.query(
      `select ${CHARGE_COLUMNS} from charges c where c.account_id = $1 and c.id = $2`,
      [account, id],
    )
    return rows[0] && chargeOfRow(rows[0])
  }

  /** Refunds and repayments of a charge, oldest first. */
  async chargeEntries(account: string, chargeId: string): Promise<ChargeEntry[]> {
    const rows = await this.query(
      `select kind, amount, batch_id from entries
       where account_id = $1 and charge_id = $2 and kind in ('repayment', 'refund') order by id`,
      [account, chargeId],
    )
    return rows.map((row) => ({
      kind: row['kind'] as ChargeEntry['kind'],
      amount: BigInt(row['amount'] as string),
      batchId: row['batch_id'] as string | null,
    }))
  }

  /** The charges that still owe, oldest first. Their sum is the account's debt. */
  async owingCharges(account: string): Promise<OwingCharge[]> {
    const rows = await this.query(
      `select charge_id, sum(case kind when 'debt' then amount else -amount end)::text as owed
       from entries
       where account_id = $1 and charge_id is not null
         and (kind in ('debt', 'repayment') or (kind = 'refund' and batch_id is null))
       group by charge_id
       having sum(case kind when 'debt' then amount else -amount end) > 0
       order by min(id::text), charge_id`,
      [account],
    )
    return rows.map((row) => ({ chargeId: row['charge_id'] as string, owed: BigInt(row['owed'] as string) }))
  }
}

export interface ChargeEntry {
  readonly kind: 'repayment' | 'refund'
  readonly amount: bigint
  readonly batchId: string | null
}

export interface OwingCharge {
  readonly chargeId: string
  owed: bigint
}
