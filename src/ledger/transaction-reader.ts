import type postgres from 'postgres'
import {
  type AccountState,
  type LedgerBatch,
  newAccountState,
  type OpenHold,
  settleBatches,
} from './account-state.ts'
import { ArrayLiteral } from './array-literal.ts'
import { type LockedRows, noRows, type StoredCharge } from './locked-rows.ts'
import type { Pending } from './pending.ts'
import {
  BATCH_COLUMNS,
  batchOfRow,
  CHARGE_COLUMNS,
  chargeOfRow,
  closingOfRow,
  HOLD_COLUMNS,
  holdOfRow,
  type Row,
} from './stored-rows.ts'

/**
 * A frozen process must not keep accounts locked: the server ends its transaction. A lock that is not granted in
 * time is given up and tried again.
 */
const BEGIN = `begin; set local lock_timeout = '5s'; set local idle_in_transaction_session_timeout = '15s'`

export interface LockedAccount {
  readonly state: AccountState
  readonly rows: LockedRows
  /** All open holds, where some may have lapsed. */
  readonly holds: OpenHold[] | undefined
}

export interface LockedAccounts {
  readonly at: Date
  readonly accounts: Map<string, LockedAccount>
}

/** One transaction: it locks accounts, and reads them as they are once the lock is held. */
export class TransactionReader {
  private readonly connection: postgres.Sql
  private readonly prepare: boolean
  private readonly fixedTime: Date | null

  constructor(connection: postgres.Sql, prepare: boolean, fixedTime: Date | null) {
    this.connection = connection
    this.prepare = prepare
    this.fixedTime = fixedTime
  }

  /** Sends a statement at once; what was sent before need not have been answered. */
  query(text: string, parameters: (string | null)[]): Promise<Row[]> {
    const sent = this.connection.unsafe(text, parameters, { prepare: this.prepare }).execute()
    // The first failure of a pipeline is reported where it is awaited; those it drags along must not go unhandled.
    sent.catch(() => undefined)
    return sent
  }

  /**
   * Begins, locks the operations' accounts in one order for everybody, reads the time once they are locked, and
   * reads what the operations asked for: all in one flight.
   */
  async lock(pending: readonly Pending[]): Promise<LockedAccounts> {
    const names = [...new Set(pending.map(({ operation }) => operation.account))].toSorted()
    const accounts = literal(names)
    const begun = this.connection.unsafe(BEGIN).execute()
    begun.catch(() => undefined)
    const locked = this.query(
      `select account_id, version, held, open_holds, debt, next_lapse from accounts
       where account_id = any($1::text[]) order by account_id for update`,
      [accounts],
    )
    const time = this.query(
      `select date_trunc('milliseconds', coalesce($1::timestamptz, clock_timestamp())) as at`,
      [this.fixedTime?.toISOString() ?? null],
    )
    const batches = this.query(
      `select ${BATCH_COLUMNS} from batches where account_id = any($1::text[]) and open`,
      [accounts],
    )
    const holds = this.query(
      `select ${HOLD_COLUMNS} from accounts a join holds h on h.account_id = a.account_id
       where a.account_id = any($1::text[]) and a.next_lapse <= coalesce($2::timestamptz, clock_timestamp())`,
      [accounts, this.fixedTime?.toISOString() ?? null],
    )
    const extra = this.readRequested(pending)
    await begun
    const at = (await time)[0]?.['at'] as Date
    const result = new Map(names.map((name) => [name, emptyAccount(name)]))
    for (const row of await locked) readAccountRow(accountOf(result, row).state, row)
    for (const row of await batches) accountOf(result, row).state.batches.push(batchOfRow(row))
    for (const row of await holds) {
      const account = accountOf(result, row)
      account.holds ??= []
      account.holds.push(holdOfRow(row))
    }
    for (const { state } of result.values()) settleBatches(state, at.getTime())
    await extra(result)
    return { at, accounts: result }
  }

  private readRequested(pending: readonly Pending[]): (into: Map<string, MutableAccount>) => Promise<void> {
    const keys: Pair[] = []
    const holds: Pair[] = []
    const charges: Pair[] = []
    for (const { operation, unknown } of pending) {
      const { account, keyed } = operation
      const { hold, charge = hold } = operation.rows?.(unknown) ?? {}
      if (keyed) keys.push([account, keyed.key])
      if (hold) holds.push([account, hold])
      if (charge) charges.push([account, charge])
    }
    const keyRows =
      keys.length > 0 &&
      this.query(
        `select k.account_id, k.key, k.operation, k.input_hash, k.answer, k.created_at
         from unnest($1::text[], $2::text[]) as d(account_id, key)
         join keys k on k.account_id = d.account_id and k.key = d.key`,
        pairs(keys),
      )
    const holdRows =
      holds.length > 0 &&
      this.query(
        `select ${HOLD_COLUMNS} from unnest($1::text[], $2::uuid[]) as d(account_id, id)
         join holds h on h.account_id = d.account_id and h.id = d.id`,
        pairs(holds),
      )
    const closingRows =
      holds.length > 0 &&
      this.query(
        `select e.account_id, e.hold_id, e.kind, e.amount, e.detail
         from unnest($1::text[], $2::uuid[]) as d(account_id, id)
         join entries e on e.account_id = d.account_id and e.hold_id = d.id`,
        pairs(holds),
      )
    // The charges of one capture share all but the last digit of their ids.
    const chargeRows =
      charges.length > 0 &&
      this.query(
        `select d.id as first_id, ${CHARGE_COLUMNS} from unnest($1::text[], $2::uuid[]) as d(account_id, id)
         join charges c on c.account_id = d.account_id
           and c.id between d.id and (left(d.id::text, -1) || 'f')::uuid
         order by c.account_id, c.id`,
        pairs(charges),
      )
    return async (into) => {
      for (const row of (await keyRows) || []) {
        accountOf(into, row).rows.keys.set(row['key'] as string, {
          operation: row['operation'] as string,
          inputHash: row['input_hash'] as string,
          answer: row['answer'],
          createdAt: row['created_at'] as Date,
        })
      }
      for (const row of (await holdRows) || []) {
        const hold = holdOfRow(row)
        accountOf(into, row).state.holds.set(hold.id, hold)
      }
      for (const row of (await closingRows) || []) {
        const closing = closingOfRow(row)
        accountOf(into, row).rows.closings.set(closing.hold.id, closing)
      }
      for (const row of (await chargeRows) || []) {
        const { charges: byHold } = accountOf(into, row).rows
        const first = row['first_id'] as string
        const found = byHold.get(first) ?? []
        found.push(chargeOfRow(row))
        byHold.set(first, found)
      }
    }
  }

  async batchesById(account: string, ids: readonly string[]): Promise<LedgerBatch[]> {
    const rows = await this.query(
      `select ${BATCH_COLUMNS} from batches where account_id = $1 and id = any($2::uuid[])`,
      [account, literal(ids)],
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

interface MutableAccount extends LockedAccount {
  holds: OpenHold[] | undefined
}

const emptyAccount = (account: string): MutableAccount => ({
  state: newAccountState(account),
  rows: noRows(),
  holds: undefined,
})

function accountOf(accounts: Map<string, MutableAccount>, row: Row): MutableAccount {
  const account = accounts.get(row['account_id'] as string)
  if (!account) throw new Error(`A row of an account that was not asked for: ${String(row['account_id'])}`)
  return account
}

function readAccountRow(state: AccountState, row: Row): void {
  state.version = Number(row['version'])
  state.held = BigInt(row['held'] as string)
  state.openHolds = row['open_holds'] as number
  state.debt = BigInt(row['debt'] as string)
  state.nextLapse =
    row['next_lapse'] === null ? Number.POSITIVE_INFINITY : (row['next_lapse'] as Date).getTime()
}

function literal(values: readonly string[]): string {
  const array = new ArrayLiteral()
  for (const value of values) array.pushText(value)
  return array.toString()
}

type Pair = readonly [account: string, id: string]

const pairs = (values: readonly Pair[]): string[] => [
  literal(values.map(([first]) => first)),
  literal(values.map(([, second]) => second)),
]
