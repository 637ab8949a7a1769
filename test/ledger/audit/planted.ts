/** Divergences as a hand in the database could make them: each passes all constraints, and breaks a sum. */
import type postgres from 'postgres'
import type { Story } from './story.ts'

export interface Planted {
  what: string
  plant(sql: postgres.Sql, story: Story): postgres.PendingQuery<postgres.Row[]>
  /** What the report must name. */
  named: keyof Story | RegExp
}

/** An id of nothing, which a row that was made up gets; its end tells it from others. */
const madeUp = (end: string) => `00000000-0000-7000-8000-0000000000${end}`

const BUCKET = /^2026-01-01T\d\d:\d\dZ/

const ofBatches: Planted[] = [
  {
    what: 'a batch that was drawn on without a charge',
    plant: (sql, { account, batch }) => sql`
      update batches set drawn = drawn + 1, remaining = remaining - 1 where account_id = ${account} and id = ${batch}`,
    named: 'batch',
  },
  {
    what: 'a batch that has more than was granted',
    plant: (sql, { account, batch }) => sql`
      update batches set allocated = allocated + 1, remaining = remaining + 1
      where account_id = ${account} and id = ${batch}`,
    named: 'batch',
  },
  {
    what: 'a batch with a refund of nothing',
    plant: (sql, { account, batch }) => sql`
      update batches set refunded = refunded + 1, remaining = remaining + 1
      where account_id = ${account} and id = ${batch}`,
    named: 'batch',
  },
  {
    what: 'a batch that expired in part, without an entry',
    plant: (sql, { account, batch }) => sql`
      update batches set expired = expired + 1, remaining = remaining - 1, expires_at = '2027-01-01'
      where account_id = ${account} and id = ${batch}`,
    named: 'batch',
  },
  {
    what: 'a batch that was voided, without an entry',
    plant: (sql, { account, batch }) => sql`
      update batches set voided = remaining, remaining = 0, open = false, voided_at = added_at
      where account_id = ${account} and id = ${batch}`,
    named: 'batch',
  },
  {
    what: 'a batch that was never granted',
    plant: (sql, { account, batch }) => sql`
      insert into batches (account_id, id, type, source, allocated, remaining, open, added_at)
      select account_id, ${madeUp('ba')}, type, source, 7, 7, true, added_at
      from batches where account_id = ${account} and id = ${batch}`,
    named: /ba$/,
  },
]

const ofHolds: Planted[] = [
  {
    what: 'a hold of another amount',
    plant: (sql, { account, hold }) => sql`
      update holds set amount = amount + 1 where account_id = ${account} and id = ${hold}`,
    named: 'account',
  },
  {
    what: 'a hold that is gone',
    plant: (sql, { account, hold }) => sql`delete from holds where account_id = ${account} and id = ${hold}`,
    named: 'account',
  },
  {
    what: 'a hold that was never authorised',
    plant: (sql, { account, hold }) => sql`
      insert into holds (account_id, id, amount, category, authorized_at, expires_at)
      select account_id, ${madeUp('a0')}, 1, category, authorized_at, expires_at
      from holds where account_id = ${account} and id = ${hold}`,
    named: 'account',
  },
]

const ofAccounts: Planted[] = [
  {
    what: 'held credit that no hold has',
    plant: (sql, { account }) => sql`update accounts set held = held + 1 where account_id = ${account}`,
    named: 'account',
  },
  {
    what: 'more open holds than there are',
    plant: (sql, { account }) =>
      sql`update accounts set open_holds = open_holds + 1 where account_id = ${account}`,
    named: 'account',
  },
  {
    what: 'debt that no charge made',
    plant: (sql, { account }) => sql`update accounts set debt = debt + 1 where account_id = ${account}`,
    named: 'account',
  },
  {
    what: 'an account that would not see its hold lapse',
    plant: (sql, { account }) => sql`
      update accounts set next_lapse = next_lapse + interval '1 day' where account_id = ${account}`,
    named: 'hold',
  },
]

const ofAlerts: Planted[] = [
  {
    what: 'an account that is lower than its alert says',
    plant: (sql, { account }) => sql`update accounts set alert_level = 3 where account_id = ${account}`,
    named: 'account',
  },
  {
    what: 'an account that is fine with an open alert',
    plant: (sql, { account }) => sql`update accounts set alert_level = 0 where account_id = ${account}`,
    named: 'account',
  },
  {
    what: 'a low account whose alert is over',
    plant: (sql, { account }) => sql`
      update alerts set level = 0, resolved_at = raised_at where account_id = ${account} and resolved_at is null`,
    named: 'account',
  },
  {
    what: 'a low account without an alert',
    plant: (sql, { account }) => sql`
      delete from alerts where account_id = ${account} and resolved_at is null`,
    named: 'account',
  },
]

const ofCharges: Planted[] = [
  {
    what: 'a charge of another amount',
    plant: (sql, { account, refunded }) => sql`
      update charges set amount = amount + 1 where account_id = ${account} and id = ${refunded}`,
    named: 'refunded',
  },
  {
    what: 'a charge with more debt than its entry',
    plant: (sql, { account, refunded }) => sql`
      update charges set debt = debt + 1, amount = amount + 1 where account_id = ${account} and id = ${refunded}`,
    named: 'refunded',
  },
  {
    what: 'a charge that is gone',
    plant: (sql, { account, refunded }) => sql`
      delete from charges where account_id = ${account} and id = ${refunded}`,
    named: 'batch',
  },
  {
    what: 'a charge that drew on a batch that is none',
    plant: (sql, { account, refunded }) => sql`
      update charges set draw_batches = array[${madeUp('bb')}::uuid]
      where account_id = ${account} and id = ${refunded}`,
    named: /bb$/,
  },
  {
    what: 'a charge that was booked twice',
    plant: (sql, { account, refunded }) => sql`
      insert into charges
      select (jsonb_populate_record(c, jsonb_build_object('id', ${madeUp('cc')}::text))).*
      from charges c where account_id = ${account} and id = ${refunded}`,
    named: 'batch',
  },
]

/** Which row an entry's amount is checked against. */
const ENTRIES: [kind: string, named: keyof Story][] = [
  ['grant', 'batch'],
  ['debt', 'account'],
  ['repayment', 'batch'],
  ['refund', 'batch'],
  ['expiry', 'expired'],
  ['void', 'voided'],
]

const ofEntries: Planted[] = ENTRIES.flatMap(([kind, named]) => [
  {
    what: `a ${kind} entry of another amount`,
    plant: (sql: postgres.Sql, story: Story) => sql`
      update entries set amount = amount + 1 where account_id = ${story.account} and kind = ${kind}
        and (kind <> 'grant' or batch_id = ${story.batch})`,
    named,
  },
  {
    what: `a ${kind} entry that is gone`,
    plant: (sql: postgres.Sql, story: Story) => sql`
      delete from entries where account_id = ${story.account} and kind = ${kind}
        and (kind <> 'grant' or batch_id = ${story.batch})`,
    named,
  },
  {
    what: `a ${kind} entry that was written twice`,
    plant: (sql: postgres.Sql, story: Story) => sql`
      insert into entries (account_id, id, kind, amount, batch_id, charge_id, at)
      select account_id, ${madeUp('ee')}, kind, amount, batch_id, charge_id, at
      from entries where account_id = ${story.account} and kind = ${kind}
        and (kind <> 'grant' or batch_id = ${story.batch})`,
    named,
  },
])

const ofEntriesMoved: Planted[] = [
  {
    what: 'a repayment that is another charge’s',
    plant: (sql, { account, refunded }) => sql`
      update entries set charge_id = ${refunded} where account_id = ${account} and kind = 'repayment'`,
    named: 'refunded',
  },
]

const ofBuckets: Planted[] = [
  {
    what: 'a usage bucket of another amount',
    plant: (sql, { account }) => sql`
      update usage_buckets set amount = amount + 1 where account_id = ${account} and category = 'LLM'`,
    named: BUCKET,
  },
  {
    what: 'a usage bucket of another count',
    plant: (sql, { account }) => sql`
      update usage_buckets set charges = charges + 1 where account_id = ${account} and category = 'LLM'`,
    named: BUCKET,
  },
  {
    what: 'a usage bucket that is gone',
    plant: (sql, { account }) => sql`
      delete from usage_buckets where account_id = ${account} and category = 'LLM'`,
    named: BUCKET,
  },
  {
    what: 'a usage bucket of somebody else',
    plant: (sql, { account }) => sql`
      update usage_buckets set agent = 'another' where account_id = ${account} and category = 'WebSearch'`,
    named: BUCKET,
  },
  {
    what: 'a usage bucket without a charge',
    plant: (sql, { account }) => sql`
      insert into usage_buckets (account_id, starts_at, category, charges, amount)
      select account_id, starts_at, 'SpeechToText', 0, 5 from usage_buckets
      where account_id = ${account} and category = 'LLM'`,
    named: /SpeechToText/,
  },
]

export const PLANTED: readonly Planted[] = [
  ...ofBatches,
  ...ofHolds,
  ...ofAccounts,
  ...ofAlerts,
  ...ofCharges,
  ...ofEntries,
  ...ofEntriesMoved,
  ...ofBuckets,
]
