import type postgres from 'postgres'
import { micro } from './amount.ts'
import { parseInstant } from './instant.ts'
import type { BatchType, Expiry } from './types.ts'

const LOOKS_BACK = '14 days'
const ROWS_MAX = 100

interface ExpiryRow {
  id: string
  type: BatchType
  amount: string
  expires_at: Date
}

/**
 * What expired unused lately, latest first: also what no sweep has written off yet. Of a batch that expired with calls
 * running, their part is told too until they have ended.
 *
 * @throws CreditsError `invalid_time`
 */
export async function readExpiries(
  sql: postgres.Sql,
  prepare: boolean,
  account: string,
  { since }: { since?: Date | string | undefined },
  fixedTime: Date | null,
): Promise<Expiry[]> {
  const rows = await sql.unsafe<ExpiryRow[]>(
    `with clock as materialized (select coalesce($3::timestamptz, clock_timestamp()) as at)
     select b.id, b.type, (b.expired + b.remaining)::text as amount, b.expires_at from batches b, clock
     where b.account_id = $1 and b.expires_at <= clock.at
       and b.expires_at > coalesce($2::timestamptz, clock.at - interval '${LOOKS_BACK}')
       and b.expired + b.remaining > 0
     order by b.expires_at desc, b.id limit ${ROWS_MAX}`,
    [
      account,
      since === undefined ? null : parseInstant(since, 'since').toISOString(),
      fixedTime?.toISOString() ?? null,
    ],
    { prepare },
  )
  return rows.map(({ id, type, amount, expires_at: at }) => ({
    batchId: id,
    type,
    amount: micro(BigInt(amount)),
    at,
  }))
}
