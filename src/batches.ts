import type postgres from 'postgres'
import { CreditsError } from './errors.ts'
import { batchOf } from './ledger/batch-answer.ts'
import { BATCH_COLUMNS, batchOfRow, type Row } from './ledger/stored-rows.ts'
import type { Batch } from './types.ts'

export interface BatchesQuery {
  /** Whether to list used up, expired and voided batches too. Default: false. */
  all?: boolean | undefined
  /** 1 to 1,000, which is the default. */
  limit?: number | undefined
  offset?: number | undefined
}

const PAGE_MAX = 1_000
/** No account has as many. */
const OFFSET_MAX = 1_000_000_000

/** The draw-down order, as `compareDrawDown` has it. */
const DRAW_DOWN_ORDER = `(type = 'paid'), expires_at asc nulls last, added_at, id`

/**
 * Lists an account's batches in draw-down order.
 *
 * @throws CreditsError `invalid_page`
 */
export async function readBatches(
  sql: postgres.Sql,
  prepare: boolean,
  account: string,
  query: BatchesQuery,
  fixedTime: Date | null,
): Promise<Batch[]> {
  const which = query.all ? '' : 'and open and (expires_at is null or expires_at > clock.at)'
  const rows = await sql.unsafe<Row[]>(
    `with clock as materialized (select coalesce($2::timestamptz, clock_timestamp()) as at)
     select ${BATCH_COLUMNS}, clock.at from batches, clock
     where account_id = $1 ${which} order by ${DRAW_DOWN_ORDER} limit $3 offset $4`,
    [
      account,
      fixedTime?.toISOString() ?? null,
      checkWhole(query.limit ?? PAGE_MAX, 'limit', 1, PAGE_MAX).toString(),
      checkWhole(query.offset ?? 0, 'offset', 0, OFFSET_MAX).toString(),
    ],
    { prepare },
  )
  return rows.map((row) => batchOf(account, batchOfRow(row), (row['at'] as Date).getTime()))
}

/** The batch that a payment paid for; the newest where there are several. Looks in all accounts. */
export async function readBatchByReference(
  sql: postgres.Sql,
  prepare: boolean,
  reference: string,
  fixedTime: Date | null,
): Promise<Batch | undefined> {
  const [row] = await sql.unsafe<Row[]>(
    `select ${BATCH_COLUMNS}, coalesce($2::timestamptz, clock_timestamp()) as at from batches
     where reference = $1 order by added_at desc, id desc limit 1`,
    [reference, fixedTime?.toISOString() ?? null],
    { prepare },
  )
  return row && batchOf(row['account_id'] as string, batchOfRow(row), (row['at'] as Date).getTime())
}

function checkWhole(value: number, name: string, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new CreditsError('invalid_page', `Invalid ${name}: give a whole number from ${least} to ${most}.`, {
    name,
  })
}
