import type postgres from 'postgres'
import { micro } from './amount.ts'
import type { Balance } from './types.ts'

interface BalanceRow {
  at: Date
  held: string
  open_holds: string
  debt: string
  free: string
  paid: string
  expires_at: Date | null
  expiring: string
}

/**
 * All of a balance as of one instant and one snapshot. Holds are looked at one by one only where some may have
 * lapsed unseen; batches only while they are open.
 */
const BALANCE = `
  with clock as materialized (select coalesce($2::timestamptz, clock_timestamp()) as at),
  unexpired as materialized (
    select b.type, b.remaining, b.expires_at from batches b, clock
    where b.account_id = $1 and b.open and (b.expires_at is null or b.expires_at > clock.at)),
  soonest as (
    select expires_at, sum(remaining) as expiring from unexpired
    where expires_at is not null group by expires_at order by expires_at limit 1),
  lapsed as (
    select count(*) as holds, coalesce(sum(h.amount), 0) as amount from clock, accounts a, holds h
    where a.account_id = $1 and a.next_lapse <= clock.at and h.account_id = $1 and h.expires_at <= clock.at)
  select clock.at, (coalesce(a.held, 0) - lapsed.amount)::text as held,
    (coalesce(a.open_holds, 0) - lapsed.holds)::text as open_holds, coalesce(a.debt, 0)::text as debt,
    (select coalesce(sum(remaining), 0) from unexpired where type = 'free')::text as free,
    (select coalesce(sum(remaining), 0) from unexpired where type = 'paid')::text as paid,
    soonest.expires_at, coalesce(soonest.expiring, 0)::text as expiring
  from clock cross join lapsed
  left join accounts a on a.account_id = $1
  left join soonest on true`

/** What an account has, as of now. */
export async function readBalance(
  sql: postgres.Sql,
  prepare: boolean,
  account: string,
  fixedTime: Date | null,
): Promise<Balance> {
  const [row] = await sql.unsafe<BalanceRow[]>(BALANCE, [account, fixedTime?.toISOString() ?? null], {
    prepare,
  })
  if (!row) throw new Error('A balance is one row.')
  const free = BigInt(row.free)
  const paid = BigInt(row.paid)
  const held = BigInt(row.held)
  const debt = BigInt(row.debt)
  const settled = free + paid - debt
  return {
    account,
    settled: micro(settled),
    held: micro(held),
    available: micro(settled - held),
    free: micro(free),
    paid: micro(paid),
    debt: micro(debt),
    openHolds: Number(row.open_holds),
    nextExpiry: row.expires_at && { at: row.expires_at, amount: micro(BigInt(row.expiring)) },
  }
}
