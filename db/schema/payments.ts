import { sql } from 'drizzle-orm'
import { bigint, check, pgTable, text } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'

/** Refunds and disputes of payments, as the payment provider last stated them. Global: they may come before the payment. */
export const paymentReversals = pgTable(
  'payment_reversals',
  {
    /** The batch's `reference`. */
    reference: text('reference').primaryKey(),
    /** In the currency's smallest unit. */
    refunded: bigint('refunded', { mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    disputed: bigint('disputed', { mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    /** What of `disputed` came back because the dispute was won. */
    reinstated: bigint('reinstated', { mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    /** What was paid, as far as it is known: at least this. */
    paid: bigint('paid', { mode: 'bigint' }).notNull(),
    changedAt: instant('changed_at')
      .notNull()
      .default(sql`clock_timestamp()`),
  },
  (t) => [
    check(
      'payment_reversals_amounts',
      sql`${t.refunded} >= 0 and ${t.disputed} >= 0 and ${t.reinstated} >= 0 and ${t.paid} > 0`,
    ),
  ],
)
