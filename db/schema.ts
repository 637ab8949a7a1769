/**
 * The tables. Every primary key starts with `account_id` and every unique and foreign key contains it,
 * so the same schema can be distributed by account. Global are `rates`, the rows of `pricing` that are for all accounts,
 * and what Slack, payments and metrics need (`slack_…`, `payment_reversals`, `counters`): no call reads any of them.
 *
 * Five tables are written by every call (accounts, batches, holds, charges, usage_buckets). Holds, charges and
 * buckets have one index each and no foreign key, which would be looked up for each of their rows; what such a key
 * would promise, `audit` checks.
 */
export * from './schema/alerts.ts'
export * from './schema/counters.ts'
export * from './schema/ledger.ts'
export * from './schema/payments.ts'
export * from './schema/prices.ts'
export * from './schema/slack.ts'
