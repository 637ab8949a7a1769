import { type Credits, micro } from './amount.ts'
import type { CreditLedger } from './credits.ts'
import { asCreditsError } from './database-error.ts'
import type { BatchSource } from './types.ts'

/** What became of a payment, in the currency's smallest unit. Each only grows: it may be told late and twice. */
export interface Reversals {
  /** What was paid, as far as it is known: at least this. */
  paid: bigint
  refunded: bigint
  disputed: bigint
  /** What of `disputed` came back because the dispute was won. */
  reinstated: bigint
}

/** A batch by its `reference`, with what a reversal of its payment takes. */
export interface PaidBatch {
  id: string
  account: string
  source: BatchSource
  allocated: Credits
  remaining: Credits
  /** What `actor` has voided of it: others may have voided for other reasons. */
  voided: Credits
  /** Undefined: never. */
  expiresAt: Date | undefined
  isExpired: boolean
  /** Whether all of it was voided for good: then what comes back to it is voided too. */
  isClosed: boolean
}

const NOTE = `
  insert into payment_reversals (reference, paid, refunded, disputed, reinstated)
  values ($1, $2::bigint, $3::bigint, $4::bigint, $5::bigint)
  on conflict (reference) do update set
    paid = greatest(payment_reversals.paid, excluded.paid),
    refunded = greatest(payment_reversals.refunded, excluded.refunded),
    disputed = greatest(payment_reversals.disputed, excluded.disputed),
    reinstated = greatest(payment_reversals.reinstated, excluded.reinstated),
    changed_at = excluded.changed_at`

/** More than clocks of servers differ. */
const CLOCK_SKEW_MS = 3_600_000

const READ = 'select paid, refunded, disputed, reinstated from payment_reversals where reference = $1'

// A batch's entries are younger than it, and their ids begin with the time by the clock of who wrote them.
const FIND = `
  select b.id, b.account_id, b.source, b.allocated, b.remaining, b.expires_at,
    coalesce(b.expires_at <= clock_timestamp(), false) as is_expired, b.voided_at is not null as is_closed,
    (select coalesce(sum(e.amount), 0)::bigint from entries e
      where e.account_id = b.account_id and e.batch_id = b.id
        and e.id > (lpad(to_hex((extract(epoch from b.added_at) * 1000)::bigint - ${CLOCK_SKEW_MS}), 12, '0')
          || repeat('0', 20))::uuid
        and e.kind = 'void' and e.actor = $2) as voided
  from batches b where b.reference = $1 order by b.added_at, b.id limit 1`

interface BatchRow {
  id: string
  account_id: string
  source: BatchSource
  allocated: string
  remaining: string
  expires_at: Date | null
  is_expired: boolean
  is_closed: boolean
  voided: string
}

/**
 * Notes what is known of a payment. It may come before the payment's batch, and in any order: the highest of each
 * counts.
 *
 * @example await noteReversals(credits, 'pi_1', { paid: 1000n, refunded: 250n })
 */
export async function noteReversals(
  { database }: CreditLedger,
  reference: string,
  { paid, refunded = 0n, disputed = 0n, reinstated = 0n }: Partial<Reversals> & Pick<Reversals, 'paid'>,
): Promise<void> {
  const values = [paid, refunded, disputed, reinstated].map(String)
  await coded(database.sql.unsafe(NOTE, [reference, ...values], { prepare: database.prepare }))
}

/** What is known of a payment; undefined: nothing. */
export async function readReversals(
  { database }: CreditLedger,
  reference: string,
): Promise<Reversals | undefined> {
  const [row] = await coded(
    database.read((sql) =>
      sql.unsafe<Record<keyof Reversals, string>[]>(READ, [reference], { prepare: database.prepare }),
    ),
  )
  if (row === undefined) return undefined
  return {
    paid: BigInt(row.paid),
    refunded: BigInt(row.refunded),
    disputed: BigInt(row.disputed),
    reinstated: BigInt(row.reinstated),
  }
}

/**
 * The batch that a payment paid for, of whatever account; not for the hot path.
 *
 * @param actor who voids for reversals
 */
export async function findPaidBatch(
  { database }: CreditLedger,
  reference: string,
  actor: string,
): Promise<PaidBatch | undefined> {
  const rows = await coded(
    database.read((sql) => sql.unsafe<BatchRow[]>(FIND, [reference, actor], { prepare: database.prepare })),
  )
  const row = rows[0]
  return row === undefined
    ? undefined
    : {
        id: row.id,
        account: row.account_id,
        source: row.source,
        allocated: micro(BigInt(row.allocated)),
        remaining: micro(BigInt(row.remaining)),
        voided: micro(BigInt(row.voided)),
        expiresAt: row.expires_at ?? undefined,
        isExpired: row.is_expired,
        isClosed: row.is_closed,
      }
}

const coded = <T>(query: PromiseLike<T>): Promise<T> =>
  Promise.resolve(query).catch((error: unknown) => {
    throw asCreditsError(error)
  })
