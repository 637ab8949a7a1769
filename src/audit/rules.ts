/**
 * The rules that `audit` recomputes from the ledger's lines, as of `$2`. Each is a query over the accounts `$1` that answers
 * with the rows where it does not hold: `account_id, subject, expected, found`. `amount` says whether what is
 * compared are micro-credits.
 */
export interface AuditRule {
  readonly rule: string
  readonly amount: boolean
  readonly sql: string
}

const mine = (table: string) => `${table}.account_id = any($1::text[])`

/** What charges drew from each batch. */
const draws = `
  select c.account_id, d.batch_id, sum(d.amount) as amount
  from charges c cross join unnest(c.draw_batches, c.draw_amounts) as d(batch_id, amount)
  where ${mine('c')} group by c.account_id, d.batch_id`

const entriesOf = (kind: string) => `
  select e.account_id, e.batch_id, sum(e.amount) as amount
  from entries e where ${mine('e')} and e.kind = '${kind}' and e.batch_id is not null
  group by e.account_id, e.batch_id`

/** Compares a column of every batch with a sum over the ledger; a batch without rows, or rows without one, differ. */
const batchRule = (column: string, sums: string, kept = '<>'): AuditRule => ({
  rule: `batch.${column}`,
  amount: true,
  sql: `
    select coalesce(b.account_id, s.account_id) as account_id, coalesce(b.id, s.batch_id)::text as subject,
      coalesce(s.amount, 0)::text as expected, coalesce(b.${column}::text, 'no such batch') as found
    from (select * from batches where ${mine('batches')}) b
    full join (${sums}) s on s.account_id = b.account_id and s.batch_id = b.id
    where b.id is null or b.${column} ${kept} coalesce(s.amount, 0)`,
})

const accountRule = (name: string, column: string, sums: string): AuditRule => ({
  rule: `account.${name}`,
  amount: name !== 'openHolds',
  sql: `
    select coalesce(a.account_id, s.account_id) as account_id, coalesce(a.account_id, s.account_id) as subject,
      coalesce(s.amount, 0)::text as expected, coalesce(a.${column}::text, 'no such account') as found
    from (select * from accounts where ${mine('accounts')}) a
    full join (${sums}) s on s.account_id = a.account_id
    where a.account_id is null or a.${column} <> coalesce(s.amount, 0)`,
})

const bucketColumns = `date_bin('15 minutes', c.charged_at, 'epoch') as starts_at, c.category,
  coalesce(c.model, '') as model, coalesce(c.agent, '') as agent, coalesce(c.user_id, '') as user_id`

/** What a bucket should hold: its charges, less their refunds. */
const bucketSums = `
  select account_id, starts_at, category, model, agent, user_id, sum(charges) as charges, sum(amount) as amount
  from (
    select c.account_id, ${bucketColumns}, 1 as charges, c.amount from charges c where ${mine('c')}
    union all
    select c.account_id, ${bucketColumns}, 0, -e.amount
    from entries e join charges c on c.account_id = e.account_id and c.id = e.charge_id
    where ${mine('e')} and ${mine('c')} and e.kind = 'refund') lines
  group by account_id, starts_at, category, model, agent, user_id`

const bucketRule = (column: 'charges' | 'amount'): AuditRule => ({
  rule: `usageBucket.${column}`,
  amount: column === 'amount',
  sql: `
    select coalesce(u.account_id, s.account_id) as account_id,
      concat_ws(' ', to_char(coalesce(u.starts_at, s.starts_at) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"'),
        coalesce(u.category, s.category), nullif(coalesce(u.model, s.model), ''),
        nullif(coalesce(u.agent, s.agent), ''), nullif(coalesce(u.user_id, s.user_id), '')) as subject,
      coalesce(s.${column}, 0)::text as expected, coalesce(u.${column}::text, 'no such bucket') as found
    from (select * from usage_buckets where ${mine('usage_buckets')}) u
    full join (${bucketSums}) s on s.account_id = u.account_id and s.starts_at = u.starts_at
      and s.category = u.category and s.model = u.model and s.agent = u.agent and s.user_id = u.user_id
    where u.account_id is null or u.${column} <> coalesce(s.${column}, 0)`,
})

const debtLines = `
  select e.account_id, sum(case when e.kind = 'debt' then e.amount else -e.amount end) as amount
  from entries e
  where ${mine('e')} and (e.kind in ('debt', 'repayment') or (e.kind = 'refund' and e.batch_id is null))
  group by e.account_id`

export const AUDIT_RULES: readonly AuditRule[] = [
  batchRule('allocated', entriesOf('grant')),
  batchRule(
    'drawn',
    `select account_id, batch_id, sum(amount) as amount
     from (${draws} union all ${entriesOf('repayment')}) taken group by account_id, batch_id`,
  ),
  batchRule('refunded', entriesOf('refund')),
  batchRule('expired', entriesOf('expiry')),
  batchRule('voided', entriesOf('void')),
  {
    rule: 'batch.remaining',
    amount: true,
    sql: `
      select account_id, id::text as subject, (allocated - drawn + refunded - expired - voided)::text as expected,
        remaining::text as found
      from batches where ${mine('batches')}
        and (remaining <> allocated - drawn + refunded - expired - voided or remaining < 0 or open <> (remaining > 0))`,
  },
  accountRule(
    'held',
    'held',
    `select account_id, sum(amount) as amount from holds where ${mine('holds')} group by account_id`,
  ),
  accountRule(
    'openHolds',
    'open_holds',
    `select account_id, count(*) as amount from holds where ${mine('holds')} group by account_id`,
  ),
  accountRule('debt', 'debt', debtLines),
  {
    rule: 'account.nextLapse',
    amount: false,
    sql: `
      select h.account_id, min(h.id::text) as subject, 'at most ' || min(h.expires_at)::text as expected,
        coalesce(a.next_lapse::text, 'none') as found
      from holds h join accounts a on a.account_id = h.account_id
      where ${mine('h')} and (a.next_lapse is null or a.next_lapse > h.expires_at)
      group by h.account_id, a.next_lapse`,
  },
  {
    rule: 'account.debtBesideCredit',
    amount: true,
    sql: `
      select a.account_id, a.account_id as subject, '0' as expected, a.debt::text as found
      from accounts a
      where ${mine('a')} and a.debt > 0 and exists (
        select from batches b where b.account_id = a.account_id and b.open
          and (b.expires_at is null or b.expires_at > coalesce($2::timestamptz, clock_timestamp())))`,
  },
  {
    rule: 'charge.amount',
    amount: true,
    sql: `
      select c.account_id, c.id::text as subject, c.amount::text as expected,
        (c.debt + coalesce((select sum(d) from unnest(c.draw_amounts) d), 0))::text as found
      from charges c
      where ${mine('c')} and c.amount <> c.debt + coalesce((select sum(d) from unnest(c.draw_amounts) d), 0)`,
  },
  {
    rule: 'charge.debt',
    amount: true,
    sql: `
      select coalesce(c.account_id, e.account_id) as account_id, coalesce(c.id, e.charge_id)::text as subject,
        coalesce(e.amount, 0)::text as expected, coalesce(c.debt::text, 'no such charge') as found
      from (select * from charges where ${mine('charges')} and debt > 0) c
      full join (
        select account_id, charge_id, sum(amount) as amount from entries
        where ${mine('entries')} and kind = 'debt' group by account_id, charge_id) e
        on e.account_id = c.account_id and e.charge_id = c.id
      where c.debt is distinct from e.amount`,
  },
  {
    rule: 'charge.refunds',
    amount: true,
    sql: `
      select e.account_id, e.charge_id::text as subject, coalesce('at most ' || c.amount::text, 'a charge') as expected,
        sum(e.amount)::text as found
      from entries e left join charges c on c.account_id = e.account_id and c.id = e.charge_id
      where ${mine('e')} and e.kind = 'refund'
      group by e.account_id, e.charge_id, c.amount
      having c.amount is null or sum(e.amount) > c.amount`,
  },
  {
    rule: 'charge.owed',
    amount: true,
    sql: `
      select e.account_id, e.charge_id::text as subject, 'at least 0' as expected,
        sum(case e.kind when 'debt' then e.amount else -e.amount end)::text as found
      from entries e
      where ${mine('e')} and e.charge_id is not null
        and (e.kind in ('debt', 'repayment') or (e.kind = 'refund' and e.batch_id is null))
      group by e.account_id, e.charge_id
      having sum(case e.kind when 'debt' then e.amount else -e.amount end) < 0`,
  },
  {
    rule: 'account.alertLevel',
    amount: false,
    sql: `
      select coalesce(a.account_id, o.account_id) as account_id, coalesce(a.account_id, o.account_id) as subject,
        coalesce(o.levels, 'no open alert') as expected, coalesce(a.alert_level::text, 'no such account') as found
      from (select * from accounts where ${mine('accounts')}) a
      full join (
        select account_id, string_agg(level::text, ' and ' order by id) as levels from alerts
        where ${mine('alerts')} and kind = 'low_balance' and resolved_at is null group by account_id) o
        on o.account_id = a.account_id
      where a.account_id is null or case when a.alert_level = 0 then null else a.alert_level::text end
        is distinct from o.levels`,
  },
  bucketRule('charges'),
  bucketRule('amount'),
]
