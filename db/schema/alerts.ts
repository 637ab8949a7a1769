import { sql } from 'drizzle-orm'
import {
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import { instant, key } from './columns.ts'
import { accounts } from './ledger.ts'

/**
 * Episodes of an account crossing a line (low balance, expiring soon …): one row an episode. It is the outbox of its
 * messages too: what has a version that nobody has taken yet is still to be delivered.
 */
export const alerts = pgTable(
  'alerts',
  {
    accountId: key('account_id').notNull(),
    id: uuid('id').notNull(),
    kind: text('kind').notNull(),
    /** How bad it is now: 0 recovered, 1 low, 2 critical, 3 empty; 1 for kinds that know no degrees. */
    level: smallint('level').notNull().default(1),
    detail: jsonb('detail').notNull(),
    raisedAt: instant('raised_at').notNull(),
    resolvedAt: instant('resolved_at'),
    /** Grows with each change that people are to see. */
    version: integer('version').notNull().default(1),
    /** The version whose delivery has been queued. */
    takenVersion: integer('taken_version').notNull().default(0),
    snoozedUntil: instant('snoozed_until'),
  },
  (t) => [
    primaryKey({ columns: [t.accountId, t.id] }),
    foreignKey({ columns: [t.accountId], foreignColumns: [accounts.accountId] }),
    index('alerts_open')
      .on(t.accountId, t.kind)
      .where(sql`${t.resolvedAt} is null`),
    uniqueIndex('alerts_one_low_balance')
      .on(t.accountId)
      .where(sql`${t.kind} = 'low_balance' and ${t.resolvedAt} is null`),
    index('alerts_to_deliver')
      .on(t.accountId, t.id)
      .where(sql`${t.takenVersion} < ${t.version}`),
    check('alerts_resolved_after_raised', sql`${t.resolvedAt} >= ${t.raisedAt}`),
    check('alerts_level', sql`${t.level} between 0 and 3`),
    check('alerts_taken_at_most_current', sql`${t.takenVersion} between 0 and ${t.version}`),
  ],
)

/** The message that shows an alert in a channel: one for each episode and channel, updated in place. */
export const alertMessages = pgTable(
  'alert_messages',
  {
    accountId: key('account_id').notNull(),
    alertId: uuid('alert_id').notNull(),
    /** A Slack channel as `team:channel`, or another place. */
    channel: key('channel').notNull(),
    /** Slack's name of the message; null until Slack has told it. */
    ts: text('ts'),
    /** The alert's version that the message shows; 0 before it was sent. */
    shownVersion: integer('shown_version').notNull().default(0),
    /** When it was last begun to be sent: after a crash, where to look for it before sending it again. */
    sendingSince: instant('sending_since'),
  },
  (t) => [
    primaryKey({ columns: [t.accountId, t.alertId, t.channel] }),
    foreignKey({ columns: [t.accountId, t.alertId], foreignColumns: [alerts.accountId, alerts.id] }),
  ],
)
