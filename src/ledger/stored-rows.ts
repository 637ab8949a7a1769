/** How rows are read: the columns that are selected, and what they become. Bigints come as strings. */
import { micro } from '../amount.ts'
import type { Attribution, BatchSource, BatchType, Category, Draw } from '../types.ts'
import type { AlertState, LedgerBatch, OpenHold } from './account-state.ts'
import type { HoldClosing, StoredCharge } from './locked-rows.ts'

export type Row = Readonly<Record<string, unknown>>

const big = (value: unknown): bigint => BigInt(value as string)
const milliseconds = (value: unknown): number =>
  value === null ? Number.POSITIVE_INFINITY : (value as Date).getTime()

export const BATCH_COLUMNS =
  'account_id, id, type, source, allocated, drawn, refunded, expired, voided, remaining, added_at, expires_at, voided_at, note, reference'

export const batchOfRow = (row: Row): LedgerBatch => ({
  id: row['id'] as string,
  type: row['type'] as BatchType,
  source: row['source'] as BatchSource,
  note: row['note'] as string | null,
  reference: row['reference'] as string | null,
  allocated: big(row['allocated']),
  drawn: big(row['drawn']),
  refunded: big(row['refunded']),
  expired: big(row['expired']),
  voided: big(row['voided']),
  remaining: big(row['remaining']),
  addedAt: milliseconds(row['added_at']),
  expiresAt: milliseconds(row['expires_at']),
  voidedAt: row['voided_at'] === null ? null : milliseconds(row['voided_at']),
})

/** Of an account's row. */
export const alertOfRow = (row: Row): AlertState => ({
  amount: row['alert_amount'] === null ? null : big(row['alert_amount']),
  percent: row['alert_percent'] as number | null,
  base: big(row['alert_base']),
  level: row['alert_level'] as AlertState['level'],
  isChanged: false,
})

export const HOLD_COLUMNS =
  'h.account_id, h.id, h.amount, h.category, h.authorized_at, h.expires_at, h.attribution'

export const holdOfRow = (row: Row): OpenHold => ({
  id: row['id'] as string,
  amount: big(row['amount']),
  category: row['category'] as Category,
  authorizedAt: milliseconds(row['authorized_at']),
  expiresAt: milliseconds(row['expires_at']),
  attribution: row['attribution'] as Attribution | null,
})

/** What an entry keeps of the hold that it closes. */
export interface ClosedHoldDetail {
  readonly category: Category
  readonly authorizedAt: number
  readonly expiresAt: number
  readonly attribution: Attribution | null
}

export const detailOfHold = (hold: OpenHold): ClosedHoldDetail => ({
  category: hold.category,
  authorizedAt: hold.authorizedAt,
  expiresAt: hold.expiresAt,
  attribution: hold.attribution,
})

export const closingOfRow = (row: Row): HoldClosing => ({
  kind: row['kind'] as HoldClosing['kind'],
  hold: {
    id: row['hold_id'] as string,
    amount: big(row['amount']),
    ...(row['detail'] as ClosedHoldDetail),
  },
})

/** Selected from `charges c`. */
export const CHARGE_COLUMNS = `c.account_id, c.id, c.category, c.amount, c.debt, c.held, c.model, c.agent, c.user_id,
  c.conversation, c.estimated, c.receipt, c.charged_at,
  (select coalesce(json_agg(json_build_object('batchId', u.id, 'type', b.type, 'amount', u.amount::text)
      order by u.position), '[]')
    from unnest(c.draw_batches, c.draw_amounts) with ordinality as u(id, amount, position)
    join batches b on b.account_id = c.account_id and b.id = u.id) as draws`

export const chargeOfRow = (row: Row): StoredCharge => ({
  id: row['id'] as string,
  category: row['category'] as Category,
  amount: big(row['amount']),
  debt: big(row['debt']),
  held: row['held'] === null ? null : big(row['held']),
  draws: (row['draws'] as { batchId: string; type: BatchType; amount: string }[]).map((draw): Draw => ({
    ...draw,
    amount: micro(BigInt(draw.amount)),
  })),
  model: row['model'] as string | null,
  agent: row['agent'] as string | null,
  user: row['user_id'] as string | null,
  conversation: row['conversation'] as string | null,
  estimated: row['estimated'] as boolean,
  receipt: row['receipt'] as Readonly<Record<string, unknown>> | null,
  chargedAt: row['charged_at'] as Date,
})
