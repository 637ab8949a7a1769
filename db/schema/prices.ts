import { sql } from 'drizzle-orm'
import { bigint, check, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { instant, key } from './columns.ts'

/**
 * Prices that override the shipped rate card, from a date on. Global. A row whose date has come is never changed:
 * receipts name the date.
 */
export const rates = pgTable(
  'rates',
  {
    provider: text('provider').notNull(),
    model: text('model').notNull(),
    unit: text('unit').notNull(),
    effectiveFrom: instant('effective_from').notNull(),
    /** Pico-dollars (1e-12 USD) for `per` units, an integer; null: from then on the published price holds again. */
    picoDollars: bigint('pico_dollars', { mode: 'bigint' }),
    per: integer('per').notNull().default(1),
    source: text('source').notNull(),
    /** When the row was written: by it a process sees that there is something to read again. */
    setAt: instant('set_at')
      .notNull()
      .default(sql`clock_timestamp()`),
  },
  (t) => [
    primaryKey({ columns: [t.provider, t.model, t.unit, t.effectiveFrom] }),
    check('rates_price_not_negative', sql`${t.picoDollars} >= 0`),
    check('rates_per_positive', sql`${t.per} > 0`),
  ],
)

export const pricingSettings = ['credits_per_dollar', 'markup'] as const

/** How dollars become credits, from a date on: for one account, or for all (`account_id` is then empty). */
export const pricing = pgTable(
  'pricing',
  {
    accountId: key('account_id').notNull(),
    setting: text('setting', { enum: pricingSettings }).notNull(),
    effectiveFrom: instant('effective_from').notNull(),
    /** An exact decimal number; null: from then on the more general setting holds again. */
    value: text('value'),
    setAt: instant('set_at')
      .notNull()
      .default(sql`clock_timestamp()`),
  },
  (t) => [
    primaryKey({ columns: [t.accountId, t.setting, t.effectiveFrom] }),
    check('pricing_account_id_length', sql`char_length(${t.accountId}) <= 200`),
    check('pricing_setting', sql`${t.setting} in ('credits_per_dollar', 'markup')`),
    check('pricing_value_decimal', sql`${t.value} ~ '^[0-9]{1,15}([.][0-9]{1,15})?$'`),
    check('pricing_value_positive', sql`${t.value} ~ '[1-9]'`),
  ],
)
