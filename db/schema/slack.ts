import { sql } from 'drizzle-orm'
import { boolean, check, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'

/** Workspaces that have installed the Slack app. Global. An id is empty where there is none. */
export const slackInstallations = pgTable(
  'slack_installations',
  {
    enterpriseId: text('enterprise_id').notNull(),
    teamId: text('team_id').notNull(),
    isEnterpriseInstall: boolean('is_enterprise_install').notNull(),
    /** What Slack told at the installation, tokens and all, encrypted (AES-256-GCM). */
    sealed: text('sealed').notNull(),
    installedBy: text('installed_by').notNull(),
    installedAt: instant('installed_at')
      .notNull()
      .default(sql`clock_timestamp()`),
  },
  (t) => [
    primaryKey({
      name: 'slack_installations_pk',
      columns: [t.enterpriseId, t.teamId, t.isEnterpriseInstall],
    }),
    check('slack_installations_of_somebody', sql`${t.enterpriseId} <> '' or ${t.teamId} <> ''`),
  ],
)

/** What each person's App Home shows, so that it is published again only when it has changed. Global. */
export const slackHomes = pgTable(
  'slack_homes',
  {
    teamId: text('team_id').notNull(),
    userId: text('user_id').notNull(),
    contentHash: text('content_hash').notNull(),
    publishedAt: instant('published_at')
      .notNull()
      .default(sql`clock_timestamp()`),
  },
  (t) => [primaryKey({ columns: [t.teamId, t.userId] })],
)
