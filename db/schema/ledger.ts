import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  check,
  foreignKey,
  index,
  integer,
  json,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  uuid,
} from 'drizzle-orm/pg-core'
import { instant, key, micro } from './columns.ts'

export const accounts = pgTable(
  'accounts',
  {
    accountId: key('account_id').primaryKey(),
    /** Another number after each write: whoever decided on an older state is refused and decides again. */
    version: bigint('version', { mode: 'number' }).notNull().default(0),
    held: micro('held')
      .notNull()
      .default(sql`0`),
    openHolds: integer('open_holds').notNull().default(0),
    debt: micro('debt')
      .notNull()
      .default(sql`0`),
    /** No open hold ends before this instant; null where none is open. */
    nextLapse: instant('next_lapse'),
    createdAt: instant('created_at').notNull(),
    /** Where its low-balance alert begins: an amount, a percentage of `alert_base`, or the higher of both. */
    alertAmount: micro('alert_amount'),
    /** Null: the default of 20 %. */
    alertPercent: integer('alert_percent'),
    /** What was settled after the last grants. */
    alertBase: micro('alert_base')
      .notNull()
      .default(sql`0`),
    /** How low the balance was when that last changed: 0 fine, 1 low, 2 critical, 3 empty. */
    alertLevel: smallint('alert_level').notNull().default(0),
  },
  (t) => [
    check('accounts_account_id_length', sql`char_length(${t.accountId}) between 1 and 200`),
    check('accounts_not_negative', sql`${t.version} >= 0 and ${t.held} >= 0 and ${t.debt} >= 0`),
    check(
      'accounts_hold_something_or_nothing',
      sql`${t.openHolds} >= 0 and (${t.openHolds} = 0) = (${t.held} = 0)`,
    ),
    check(
      'accounts_alert_line',
      sql`${t.alertAmount} >= 0 and ${t.alertPercent} between 0 and 100 and ${t.alertBase} >= 0 and ${t.alertLevel} between 0 and 3`,
    ),
  ],
)

export const batches = pgTable(
  'batches',
  {
    accountId: key('account_id').notNull(),
    id: uuid('id').notNull(),
    type: text('type', { enum: ['free', 'paid'] }).notNull(),
    source: text('source', { enum: ['signup', 'top_up', 'subscription', 'adjustment'] }).notNull(),
    allocated: micro('allocated').notNull(),
    drawn: micro('drawn')
      .notNull()
      .default(sql`0`),
    refunded: micro('refunded')
      .notNull()
      .default(sql`0`),
    expired: micro('expired')
      .notNull()
      .default(sql`0`),
    voided: micro('voided')
      .notNull()
      .default(sql`0`),
    remaining: micro('remaining').notNull(),
    /** Whether anything remains; a column of its own so that an index over open batches is not rewritten by each draw. */
    open: boolean('open').notNull(),
    addedAt: instant('added_at').notNull(),
    expiresAt: instant('expires_at'),
    voidedAt: instant('voided_at'),
    note: text('note'),
    /** What paid for it, as the payment provider names it: by it a refund of the payment finds the batch. */
    reference: text('reference'),
  },
  (t) => [
    primaryKey({ columns: [t.accountId, t.id] }),
    foreignKey({ columns: [t.accountId], foreignColumns: [accounts.accountId] }),
    index('batches_open')
      .on(t.accountId)
      .where(sql`${t.open}`),
    index('batches_open_by_expiry')
      .on(t.expiresAt)
      .where(sql`${t.open}`),
    index('batches_by_expiry')
      .on(t.accountId, t.expiresAt)
      .where(sql`${t.expiresAt} is not null`),
    index('batches_by_reference')
      .on(t.reference)
      .where(sql`${t.reference} is not null`),
    check('batches_type', sql`${t.type} in ('free', 'paid')`),
    check('batches_source', sql`${t.source} in ('signup', 'top_up', 'subscription', 'adjustment')`),
    check('batches_allocated_positive', sql`${t.allocated} > 0`),
    check(
      'batches_parts_not_negative',
      sql`${t.drawn} >= 0 and ${t.refunded} >= 0 and ${t.expired} >= 0 and ${t.voided} >= 0 and ${t.remaining} >= 0`,
    ),
    check('batches_refunded_at_most_drawn', sql`${t.refunded} <= ${t.drawn}`),
    check(
      'batches_remaining_is_the_sum',
      sql`${t.remaining} = ${t.allocated} - ${t.drawn} + ${t.refunded} - ${t.expired} - ${t.voided}`,
    ),
    check('batches_open_while_any_remains', sql`${t.open} = (${t.remaining} > 0)`),
    check('batches_expire_after_added', sql`${t.expiresAt} > ${t.addedAt}`),
    check('batches_expired_needs_expiry', sql`${t.expired} = 0 or ${t.expiresAt} is not null`),
    check('batches_voided_leaves_none', sql`${t.voidedAt} is null or ${t.remaining} = 0`),
    check('batches_reference_length', sql`char_length(${t.reference}) between 1 and 200`),
  ],
)

/** Open holds only: what closes a hold (a charge, or an entry that says released or lapsed) removes its row. */
export const holds = pgTable(
  'holds',
  {
    accountId: key('account_id').notNull(),
    id: uuid('id').notNull(),
    amount: micro('amount').notNull(),
    category: text('category', { enum: ['LLM', 'WebSearch', 'SpeechToText'] }).notNull(),
    authorizedAt: instant('authorized_at').notNull(),
    expiresAt: instant('expires_at').notNull(),
    /** Who the call is for, kept for a capture by another process: `{model?, agent?, user?, conversation?, tags?}`. */
    attribution: json('attribution'),
  },
  (t) => [
    primaryKey({ columns: [t.accountId, t.id] }),
    check('holds_amount_positive', sql`${t.amount} > 0`),
    check('holds_category', sql`${t.category} in ('LLM', 'WebSearch', 'SpeechToText')`),
    check('holds_expire_after_authorized', sql`${t.expiresAt} > ${t.authorizedAt}`),
  ],
)

/** Ledger lines of metered calls, with their receipts. A charge's first id is its hold's; append-only. */
export const charges = pgTable(
  'charges',
  {
    accountId: key('account_id').notNull(),
    id: uuid('id').notNull(),
    category: text('category', { enum: ['LLM', 'WebSearch', 'SpeechToText'] }).notNull(),
    amount: micro('amount').notNull(),
    /** What no batch covered. */
    debt: micro('debt').notNull(),
    /** What the hold had reserved; null for a charge without a hold. */
    held: micro('held'),
    drawBatches: uuid('draw_batches').array().notNull(),
    drawAmounts: bigint('draw_amounts', { mode: 'bigint' }).array().notNull(),
    model: text('model'),
    agent: text('agent'),
    user: text('user_id'),
    conversation: text('conversation'),
    estimated: boolean('estimated').notNull(),
    /** Units, rate version, exact cost, provider's cost, tags: what `explain` shows and nothing sums. */
    receipt: json('receipt'),
    chargedAt: instant('charged_at').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.accountId, t.id] }),
    check('charges_category', sql`${t.category} in ('LLM', 'WebSearch', 'SpeechToText')`),
    check('charges_amount_not_negative', sql`${t.amount} >= 0`),
    check('charges_debt_within_amount', sql`${t.debt} between 0 and ${t.amount}`),
    check('charges_draws_paired', sql`cardinality(${t.drawBatches}) = cardinality(${t.drawAmounts})`),
  ],
)

export const entryKinds = [
  'grant',
  'debt',
  'repayment',
  'refund',
  'expiry',
  'void',
  'release',
  'lapse',
  'extension',
] as const

/** Ledger lines of everything else than a charge's draws; append-only. */
export const entries = pgTable(
  'entries',
  {
    accountId: key('account_id').notNull(),
    id: uuid('id').notNull(),
    kind: text('kind', { enum: entryKinds }).notNull(),
    amount: micro('amount').notNull(),
    batchId: uuid('batch_id'),
    chargeId: uuid('charge_id'),
    holdId: uuid('hold_id'),
    actor: text('actor'),
    reason: text('reason'),
    detail: jsonb('detail'),
    at: instant('at').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.accountId, t.id] }),
    foreignKey({ columns: [t.accountId], foreignColumns: [accounts.accountId] }),
    foreignKey({ columns: [t.accountId, t.batchId], foreignColumns: [batches.accountId, batches.id] }),
    index('entries_by_charge')
      .on(t.accountId, t.chargeId)
      .where(sql`${t.chargeId} is not null`),
    index('entries_by_hold')
      .on(t.accountId, t.holdId)
      .where(sql`${t.holdId} is not null`),
    check(
      'entries_kind',
      sql`${t.kind} in ('grant', 'debt', 'repayment', 'refund', 'expiry', 'void', 'release', 'lapse', 'extension')`,
    ),
    check('entries_amount_positive', sql`${t.amount} > 0`),
    check(
      'entries_name_their_batch',
      sql`${t.batchId} is not null or ${t.kind} not in ('grant', 'repayment', 'expiry', 'void', 'extension')`,
    ),
    check(
      'entries_name_their_charge',
      sql`${t.chargeId} is not null or ${t.kind} not in ('debt', 'repayment', 'refund')`,
    ),
    check('entries_name_their_hold', sql`${t.holdId} is not null or ${t.kind} not in ('release', 'lapse')`),
  ],
)

/** Usage in quarters of an hour: every time zone in use is a whole number of them from UTC. */
export const usageBuckets = pgTable(
  'usage_buckets',
  {
    accountId: key('account_id').notNull(),
    startsAt: instant('starts_at').notNull(),
    category: key('category').notNull(),
    model: key('model').notNull().default(''),
    agent: key('agent').notNull().default(''),
    user: key('user_id').notNull().default(''),
    charges: bigint('charges', { mode: 'number' }).notNull(),
    amount: micro('amount').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.accountId, t.startsAt, t.category, t.model, t.agent, t.user] }),
    // Rows come in the order of time: for sums over all accounts, at next to no cost for the calls.
    index('usage_buckets_by_time').using('brin', t.startsAt),
    check('usage_buckets_category', sql`${t.category} in ('LLM', 'WebSearch', 'SpeechToText')`),
    check('usage_buckets_on_the_quarter', sql`extract(epoch from ${t.startsAt})::bigint % 900 = 0`),
    check('usage_buckets_not_negative', sql`${t.charges} >= 0 and ${t.amount} >= 0`),
  ],
)

/** The keys of writes: the same key with the same input replays its first answer, with another input is refused. */
export const keys = pgTable(
  'keys',
  {
    accountId: key('account_id').notNull(),
    key: key('key').notNull(),
    operation: text('operation').notNull(),
    inputHash: text('input_hash').notNull(),
    /** What the first answer is made from. */
    answer: jsonb('answer').notNull(),
    createdAt: instant('created_at').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.accountId, t.key] }),
    foreignKey({ columns: [t.accountId], foreignColumns: [accounts.accountId] }),
    check('keys_key_length', sql`char_length(${t.key}) between 1 and 200`),
  ],
)
