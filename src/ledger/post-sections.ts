/**
 * The parts of the one statement that writes a group: for each, the columns of its arrays, and the SQL that reads
 * them as the row `d`. `d.n` is the ordinal of the row's account; a part's rows are written only for accounts
 * whose version was still the one that was read (`gate`).
 */

export type SectionName =
  | 'accountsChanged'
  | 'accountsAlerted'
  | 'accountsAdded'
  | 'batchesAdded'
  | 'batchesChanged'
  | 'batchesExtended'
  | 'holdsOpened'
  | 'holdsExtended'
  | 'holdsClosed'
  | 'charges'
  | 'entries'
  | 'buckets'
  | 'bucketsReduced'
  | 'keys'
  | 'alertsRaised'
  | 'alertsChanged'

export interface Section {
  /**
   * Name and type of each array; bigint arrays of instants hold milliseconds. A boolean is sent as text: by itself
   * the driver would write any string as false.
   */
  readonly columns: readonly (readonly [name: string, type: string])[]
  /** `source` is the unnested arrays as `d`; `prune` narrows table `x` to the group's accounts. */
  readonly sql: (parts: { source: string; gate: string; prune: string }) => string
}

/** The kind of the alerts that the ledger itself raises. */
const LOW_BALANCE = 'low_balance'

const instant = (column: string) => `to_timestamp(${column}::float8 / 1000)`

type Columns = Section['columns']

const ACCOUNT: Columns = [
  ['account_id', 'text'],
  ['version', 'bigint'],
  ['next_version', 'bigint'],
  ['held', 'bigint'],
  ['open_holds', 'int'],
  ['debt', 'bigint'],
  ['next_lapse', 'bigint'],
]

const ALERT_LINE: Columns = [
  ['alert_amount', 'bigint'],
  ['alert_percent', 'int'],
  ['alert_base', 'bigint'],
  ['alert_level', 'int'],
]

const ORDINAL: Columns = [['n', 'int']]

const ACCOUNT_CHANGES = `version = d.next_version, held = d.held, open_holds = d.open_holds, debt = d.debt,
        next_lapse = ${instant('d.next_lapse')}`

/** Moves accounts on from the versions that were read. */
const changeAccounts = (columns: Columns, changes: string): Section => ({
  columns,
  sql: ({ source, prune }) => `
      update accounts x
      set ${changes}
      from ${source}
      where x.account_id = d.account_id and x.version = d.version
        and (select at from clock) < $2::text::timestamptz${prune}
      returning d.n`,
})

const BATCH_STATE: Columns = [
  ['account_id', 'text'],
  ['id', 'uuid'],
  ['drawn', 'bigint'],
  ['refunded', 'bigint'],
  ['expired', 'bigint'],
  ['voided', 'bigint'],
  ['remaining', 'bigint'],
  ['voided_at', 'bigint'],
]

const BATCH_CHANGES = `drawn = d.drawn, refunded = d.refunded, expired = d.expired, voided = d.voided,
        remaining = d.remaining, open = d.remaining > 0, voided_at = ${instant('d.voided_at')}`

const changeBatches = (columns: Columns, changes: string): Section => ({
  columns,
  sql: ({ source, gate, prune }) => `
      update batches x
      set ${changes}
      from ${source}
      where x.account_id = d.account_id and x.id = d.id and ${gate}${prune}`,
})

export const SECTIONS: Record<SectionName, Section> = {
  accountsChanged: changeAccounts([...ACCOUNT, ...ORDINAL], ACCOUNT_CHANGES),
  // Instead of the first where the line or level of one of them moves: nearly no call's does, and need not carry them.
  accountsAlerted: changeAccounts(
    [...ACCOUNT, ...ALERT_LINE, ...ORDINAL],
    `${ACCOUNT_CHANGES}, alert_amount = d.alert_amount, alert_percent = d.alert_percent,
        alert_base = d.alert_base, alert_level = d.alert_level`,
  ),
  accountsAdded: {
    columns: [...ACCOUNT, ...ALERT_LINE, ...ORDINAL],
    sql: ({ source }) => `
      insert into accounts (account_id, version, held, open_holds, debt, next_lapse, created_at, alert_amount,
        alert_percent, alert_base, alert_level)
      select d.account_id, d.next_version, d.held, d.open_holds, d.debt, ${instant('d.next_lapse')}, clock.at,
        d.alert_amount, d.alert_percent, d.alert_base, d.alert_level
      from ${source}, clock
      where clock.at < $2::text::timestamptz
      on conflict (account_id) do nothing
      returning account_id`,
  },
  batchesAdded: {
    columns: [
      ['account_id', 'text'],
      ['id', 'uuid'],
      ['type', 'text'],
      ['source', 'text'],
      ['allocated', 'bigint'],
      ['drawn', 'bigint'],
      ['remaining', 'bigint'],
      ['added_at', 'bigint'],
      ['expires_at', 'bigint'],
      ['note', 'text'],
      ['reference', 'text'],
      ['n', 'int'],
    ],
    sql: ({ source, gate }) => `
      insert into batches (account_id, id, type, source, allocated, drawn, remaining, open, added_at, expires_at, note,
        reference)
      select d.account_id, d.id, d.type, d.source, d.allocated, d.drawn, d.remaining, d.remaining > 0,
        ${instant('d.added_at')}, ${instant('d.expires_at')}, d.note, d.reference
      from ${source}
      where ${gate}`,
  },
  batchesChanged: changeBatches([...BATCH_STATE, ...ORDINAL], BATCH_CHANGES),
  batchesExtended: changeBatches(
    [...BATCH_STATE, ['expires_at', 'bigint'], ...ORDINAL],
    `${BATCH_CHANGES}, expires_at = ${instant('d.expires_at')}`,
  ),
  holdsOpened: {
    columns: [
      ['account_id', 'text'],
      ['id', 'uuid'],
      ['amount', 'bigint'],
      ['category', 'text'],
      ['ttl', 'bigint'],
      ['attribution', 'text'],
      ['n', 'int'],
    ],
    sql: ({ source, gate }) => `
      insert into holds (account_id, id, amount, category, authorized_at, expires_at, attribution)
      select d.account_id, d.id, d.amount, d.category, clock.at, clock.at + d.ttl * interval '1 millisecond',
        d.attribution::json
      from ${source}, clock
      where ${gate}`,
  },
  holdsExtended: {
    columns: [
      ['account_id', 'text'],
      ['id', 'uuid'],
      ['ttl', 'bigint'],
      ['n', 'int'],
    ],
    sql: ({ source, gate, prune }) => `
      update holds x
      set expires_at = greatest(x.expires_at, clock.at + d.ttl * interval '1 millisecond')
      from ${source}, clock
      where x.account_id = d.account_id and x.id = d.id and ${gate}${prune}`,
  },
  holdsClosed: {
    columns: [
      ['account_id', 'text'],
      ['id', 'uuid'],
      ['n', 'int'],
    ],
    sql: ({ source, gate, prune }) => `
      delete from holds x
      using ${source}
      where x.account_id = d.account_id and x.id = d.id and ${gate}${prune}`,
  },
  charges: {
    columns: [
      ['account_id', 'text'],
      ['id', 'uuid'],
      ['category', 'text'],
      ['amount', 'bigint'],
      ['debt', 'bigint'],
      ['held', 'bigint'],
      ['draw_batches', 'text'],
      ['draw_amounts', 'text'],
      ['model', 'text'],
      ['agent', 'text'],
      ['user_id', 'text'],
      ['conversation', 'text'],
      ['estimated', 'text'],
      ['receipt', 'text'],
      ['n', 'int'],
    ],
    sql: ({ source, gate }) => `
      insert into charges (account_id, id, category, amount, debt, held, draw_batches, draw_amounts, model, agent,
        user_id, conversation, estimated, receipt, charged_at)
      select d.account_id, d.id, d.category, d.amount, d.debt, d.held, d.draw_batches::uuid[],
        d.draw_amounts::bigint[], d.model, d.agent, d.user_id, d.conversation, d.estimated::boolean, d.receipt::json, clock.at
      from ${source}, clock
      where ${gate}`,
  },
  entries: {
    columns: [
      ['account_id', 'text'],
      ['id', 'uuid'],
      ['kind', 'text'],
      ['amount', 'bigint'],
      ['batch_id', 'uuid'],
      ['charge_id', 'uuid'],
      ['hold_id', 'uuid'],
      ['actor', 'text'],
      ['reason', 'text'],
      ['detail', 'text'],
      ['n', 'int'],
    ],
    sql: ({ source, gate }) => `
      insert into entries (account_id, id, kind, amount, batch_id, charge_id, hold_id, actor, reason, detail, at)
      select d.account_id, d.id, d.kind, d.amount, d.batch_id, d.charge_id, d.hold_id, d.actor, d.reason,
        d.detail::jsonb, clock.at
      from ${source}, clock
      where ${gate}`,
  },
  buckets: {
    columns: [
      ['account_id', 'text'],
      ['category', 'text'],
      ['model', 'text'],
      ['agent', 'text'],
      ['user_id', 'text'],
      ['charges', 'bigint'],
      ['amount', 'bigint'],
      ['n', 'int'],
    ],
    sql: ({ source, gate }) => `
      insert into usage_buckets as x (account_id, starts_at, category, model, agent, user_id, charges, amount)
      select d.account_id, date_bin('15 minutes', clock.at, 'epoch'), d.category, d.model, d.agent, d.user_id, d.charges, d.amount
      from ${source}, clock
      where ${gate}
      on conflict (account_id, starts_at, category, model, agent, user_id)
      do update set charges = x.charges + excluded.charges, amount = x.amount + excluded.amount`,
  },
  bucketsReduced: {
    columns: [
      ['account_id', 'text'],
      ['starts_at', 'bigint'],
      ['category', 'text'],
      ['model', 'text'],
      ['agent', 'text'],
      ['user_id', 'text'],
      ['amount', 'bigint'],
      ['n', 'int'],
    ],
    sql: ({ source, gate, prune }) => `
      update usage_buckets x
      set amount = x.amount - d.amount
      from ${source}
      where x.account_id = d.account_id and x.starts_at = ${instant('d.starts_at')} and x.category = d.category
        and x.model = d.model and x.agent = d.agent and x.user_id = d.user_id and ${gate}${prune}`,
  },
  keys: {
    columns: [
      ['account_id', 'text'],
      ['key', 'text'],
      ['operation', 'text'],
      ['input_hash', 'text'],
      ['answer', 'text'],
      ['n', 'int'],
    ],
    sql: ({ source, gate }) => `
      insert into keys (account_id, key, operation, input_hash, answer, created_at)
      select d.account_id, d.key, d.operation, d.input_hash, d.answer::jsonb, clock.at
      from ${source}, clock
      where ${gate}`,
  },
  alertsRaised: {
    columns: [
      ['account_id', 'text'],
      ['id', 'uuid'],
      ['level', 'int'],
      ['detail', 'text'],
      ['n', 'int'],
    ],
    sql: ({ source, gate }) => `
      insert into alerts (account_id, id, kind, level, detail, raised_at)
      select d.account_id, d.id, '${LOW_BALANCE}', d.level, d.detail::jsonb, clock.at
      from ${source}, clock
      where ${gate}`,
  },
  alertsChanged: {
    columns: [
      ['account_id', 'text'],
      ['level', 'int'],
      ['detail', 'text'],
      ['n', 'int'],
    ],
    sql: ({ source, gate, prune }) => `
      update alerts x
      set level = d.level, detail = x.detail || d.detail::jsonb, version = x.version + 1,
        resolved_at = case when d.level = 0 then greatest(clock.at, x.raised_at) end
      from ${source}, clock
      where x.account_id = d.account_id and x.kind = '${LOW_BALANCE}' and x.resolved_at is null and ${gate}${prune}`,
  },
}
