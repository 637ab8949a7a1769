import { sql } from 'drizzle-orm'
import { bigint, check, pgTable, primaryKey } from 'drizzle-orm/pg-core'
import { key } from './columns.ts'

/** What all processes counted for metrics since the ledger began. Global: each adds to it now and then. */
export const counters = pgTable(
  'counters',
  {
    /** `refusals`, by code; `hold_seconds`, by the upper bound of a bucket; `hold_ms`, all of them together. */
    metric: key('metric').notNull(),
    category: key('category').notNull(),
    label: key('label').notNull(),
    value: bigint('value', { mode: 'bigint' }).notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.metric, t.category, t.label] }),
    check('counters_value', sql`${t.value} >= 0`),
  ],
)
