import type postgres from 'postgres'
import { CreditsError } from '../errors.ts'
import { checkId } from '../ids.ts'
import { parseInstant } from '../instant.ts'
import { chargeOf } from '../ledger/booking.ts'
import { CHARGE_COLUMNS, chargeOfRow, type Row } from '../ledger/stored-rows.ts'
import type { ChargesPage, ChargesQuery } from '../types.ts'

const PAGE_MAX = 1_000

/**
 * Lists charges in the order in which their calls were authorised, a page at a time. By `from` and `to` they are told
 * by when they were charged: a long call may have been authorised any time before, so all of an account's charges are
 * looked at, once for all pages. A call that ends while its place has been listed already is in the next listing.
 *
 * @throws CreditsError `invalid_time`, `invalid_page`, `invalid_id`
 */
export async function readCharges(
  sql: postgres.Sql,
  prepare: boolean,
  account: string,
  query: ChargesQuery,
): Promise<ChargesPage> {
  const limit = query.limit ?? PAGE_MAX
  if (!Number.isInteger(limit) || limit < 1 || limit > PAGE_MAX) {
    throw new CreditsError('invalid_page', `Invalid limit: give a whole number from 1 to ${PAGE_MAX}.`, {
      name: 'limit',
    })
  }
  const after = query.after === undefined ? null : checkId(query.after, 'charge')
  const instant = (value: Date | string | undefined, name: string): string | null =>
    value === undefined ? null : parseInstant(value, name).toISOString()
  const rows = await sql.unsafe<Row[]>(
    `select ${CHARGE_COLUMNS} from charges c
     where c.account_id = $1 and c.id > coalesce($2::uuid, '00000000-0000-0000-0000-000000000000')
       and c.charged_at >= coalesce($3::timestamptz, '-infinity')
       and c.charged_at < coalesce($4::timestamptz, 'infinity')
     order by c.id limit $5::int`,
    [account, after, instant(query.from, 'from'), instant(query.to, 'to'), (limit + 1).toString()],
    { prepare },
  )
  const charges = rows.slice(0, limit).map((row) => {
    const charge = chargeOfRow(row)
    return chargeOf(account, charge, charge.chargedAt)
  })
  return { charges, next: rows.length > limit ? (charges.at(-1)?.id ?? null) : null }
}
