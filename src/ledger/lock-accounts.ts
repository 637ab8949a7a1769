import { type AccountState, newAccountState, type OpenHold, settleBatches } from './account-state.ts'
import { textArray } from './array-literal.ts'
import { type LockedRows, noRows } from './locked-rows.ts'
import type { Pending } from './pending.ts'
import {
  BATCH_COLUMNS,
  batchOfRow,
  CHARGE_COLUMNS,
  chargeOfRow,
  alertOfRow,
  closingOfRow,
  HOLD_COLUMNS,
  holdOfRow,
  type Row,
} from './stored-rows.ts'
import type { TransactionReader } from './transaction-reader.ts'

/**
 * A frozen process must not keep accounts locked: the server ends its transaction. A lock that is not granted in
 * time is given up and tried again.
 */
const BEGIN = `begin; set local lock_timeout = '2s'; set local idle_in_transaction_session_timeout = '15s'`

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

/**
 * Begins, locks the operations' accounts in one order for everybody, reads the time once they are locked, and
 * reads what the operations asked for: all in one flight.
 */
export async function lockAccounts(
  reader: TransactionReader,
  pending: readonly Pending[],
  fixedTime: Date | null,
): Promise<LockedAccounts> {
  const names = [...new Set(pending.map(({ operation }) => operation.account))].toSorted()
  const accounts = textArray(names)
  const begun = reader.command(BEGIN)
  const locked = reader.query(
    `select account_id, version, held, open_holds, debt, next_lapse, alert_amount, alert_percent, alert_base,
       alert_level from accounts
     where account_id = any($1::text[]) order by account_id for update`,
    [accounts],
  )
  const time = reader.query(
    `select date_trunc('milliseconds', coalesce($1::timestamptz, clock_timestamp())) as at`,
    [fixedTime?.toISOString() ?? null],
  )
  const batches = reader.query(
    `select ${BATCH_COLUMNS} from batches where account_id = any($1::text[]) and open`,
    [accounts],
  )
  const holds = reader.query(
    `select ${HOLD_COLUMNS} from accounts a join holds h on h.account_id = a.account_id
     where a.account_id = any($1::text[]) and a.next_lapse <= coalesce($2::timestamptz, clock_timestamp())`,
    [accounts, fixedTime?.toISOString() ?? null],
  )
  const extra = readRequested(reader, pending)
  await begun
  // In the order sent: after a lock that is not granted, the rest only says that the transaction is over.
  const lockedRows = await locked
  const at = (await time)[0]?.['at'] as Date
  const result = new Map(names.map((name) => [name, emptyAccount(name)]))
  for (const row of lockedRows) readAccountRow(accountOf(result, row).state, row)
  for (const row of await batches) accountOf(result, row).state.batches.push(batchOfRow(row))
  for (const row of await holds) {
    const account = accountOf(result, row)
    account.holds ??= []
    account.holds.push(holdOfRow(row))
  }
  for (const account of result.values()) {
    settleBatches(account.state, at.getTime())
    if (account.state.nextLapse <= at.getTime()) account.holds ??= []
  }
  await extra(result)
  return { at, accounts: result }
}

/** Sends what the operations asked for; the answer is read into the accounts when those are there. */
function readRequested(
  reader: TransactionReader,
  pending: readonly Pending[],
): (into: Map<string, MutableAccount>) => Promise<void> {
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
    reader.query(
      `select k.account_id, k.key, k.operation, k.input_hash, k.answer, k.created_at
       from unnest($1::text[], $2::text[]) as d(account_id, key)
       join keys k on k.account_id = d.account_id and k.key = d.key`,
      pairs(keys),
    )
  const holdRows =
    holds.length > 0 &&
    reader.query(
      `select ${HOLD_COLUMNS} from unnest($1::text[], $2::uuid[]) as d(account_id, id)
       join holds h on h.account_id = d.account_id and h.id = d.id`,
      pairs(holds),
    )
  const closingRows =
    holds.length > 0 &&
    reader.query(
      `select e.account_id, e.hold_id, e.kind, e.amount, e.detail
       from unnest($1::text[], $2::uuid[]) as d(account_id, id)
       join entries e on e.account_id = d.account_id and e.hold_id = d.id`,
      pairs(holds),
    )
  // The charges of one capture share all but the last digit of their ids.
  const chargeRows =
    charges.length > 0 &&
    reader.query(
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
  state.alert = alertOfRow(row)
}

type Pair = readonly [account: string, id: string]

const pairs = (values: readonly Pair[]): string[] => [
  textArray(values.map(([first]) => first)),
  textArray(values.map(([, second]) => second)),
]
