/** The things that the ledger answers with, and what it takes. */
import type { AlertLevel } from './alert-line.ts'
import type { AmountInput, Credits } from './amount.ts'

export const CATEGORIES = ['LLM', 'WebSearch', 'SpeechToText'] as const
export type Category = (typeof CATEGORIES)[number]

export const BATCH_TYPES = ['free', 'paid'] as const
export type BatchType = (typeof BATCH_TYPES)[number]

export const BATCH_SOURCES = ['signup', 'top_up', 'subscription', 'adjustment'] as const
export type BatchSource = (typeof BATCH_SOURCES)[number]

export type BatchState = 'active' | 'depleted' | 'expired' | 'voided'
export type HoldState = 'open' | 'captured' | 'released' | 'lapsed'

/** A length of time: `'30d'`, `'10m'`, or milliseconds. */
export type DurationInput = string | number

/** One grant of credit. */
export interface Batch {
  id: string
  account: string
  type: BatchType
  source: BatchSource
  allocated: Credits
  remaining: Credits
  addedAt: Date
  expiresAt: Date | null
  state: BatchState
  note: string | null
  /** What paid for it, as the payment provider names it. */
  reference: string | null
}

export interface Balance {
  account: string
  /** Unexpired credit less debt. */
  settled: Credits
  /** Reserved by open holds. */
  held: Credits
  /** settled − held: what the next authorize may take. May be negative. */
  available: Credits
  /** Unexpired remainder of Free batches. */
  free: Credits
  /** Unexpired remainder of Paid batches. */
  paid: Credits
  debt: Credits
  openHolds: number
  /** When the next remainder expires, and how much of it there is. */
  nextExpiry: { at: Date; amount: Credits } | null
}

/** Who and what a call is for. */
export interface Attribution {
  model?: string | undefined
  agent?: string | undefined
  user?: string | undefined
  conversation?: string | undefined
  tags?: Readonly<Record<string, string>> | undefined
}

export interface Hold {
  id: string
  account: string
  amount: Credits
  category: Category
  state: HoldState
  authorizedAt: Date
  expiresAt: Date
}

export interface Draw {
  batchId: string
  type: BatchType
  amount: Credits
}

/** What a charge is made of, as `explain` shows it. Strings are exact: decimals, or fractions such as `37/12000`. */
export interface ReceiptDetail {
  /** How much of what was used, e.g. `{ input_tokens: '1200', output_tokens: '88' }`. */
  units?: Readonly<Record<string, string>> | undefined
  /** Price of each unit in credits, as applied. */
  prices?: Readonly<Record<string, string>> | undefined
  provider?: string | undefined
  /** Which rate card priced it. */
  rateVersion?: string | undefined
  /** The cost before it was rounded up to a micro-credit, in credits. */
  exactCost?: string | undefined
  /** What the call that this is the first charge of could have cost at most by its estimate, in credits. */
  worstCase?: string | undefined
  /** What the provider said it cost, in US dollars. */
  providerCost?: string | undefined
  /** The provider's id of the answer. */
  providerId?: string | undefined
  /** What of the usage is an estimate, in words. */
  note?: string | undefined
}

export interface Charge {
  id: string
  account: string
  category: Category
  amount: Credits
  /** In the order they were drawn. */
  draws: Draw[]
  /** What no batch covered. */
  debt: Credits
  /** What its hold had reserved; null where there was none. */
  held: Credits | null
  model: string | null
  agent: string | null
  user: string | null
  conversation: string | null
  tags: Readonly<Record<string, string>> | null
  /** Whether the usage was estimated (an aborted stream, say) and not reported by the provider. */
  estimated: boolean
  receipt: ReceiptDetail | null
  chargedAt: Date
}

export interface Refund {
  id: string
  account: string
  chargeId: string
  amount: Credits
  /**
   * Where it went, newest source first: back to a batch, which may have repaid debt with it at once (outcome
   * `debt`); `batchId: null` is what the charge itself still owed.
   */
  returns: { batchId: string | null; amount: Credits; outcome: 'returned' | 'expired' | 'voided' | 'debt' }[]
  /** Made for what would have come back expired or voided, one of each type, where the caller asked for it. */
  newBatches: Batch[]
  refundedAt: Date
}

/** A charge with everything that happened to it since. */
export interface Receipt extends Charge {
  refunds: { id: string; amount: Credits; batchId: string | null; reason: string | null; at: Date }[]
  repayments: { amount: Credits; batchId: string; at: Date }[]
  /** amount − refunds. */
  net: Credits
}

export interface GrantInput {
  type: BatchType
  amount: AmountInput
  /** Default: `signup` for Free, `top_up` for Paid. */
  source?: BatchSource | undefined
  expiresIn?: DurationInput | undefined
  expiresAt?: Date | string | undefined
  key?: string | undefined
  note?: string | undefined
  /** What paid for it: by it `findBatch` finds the batch. */
  reference?: string | undefined
  actor?: string | undefined
}

export interface AuthorizeInput extends Attribution {
  amount: AmountInput
  category: Category
  key?: string | undefined
  /** How long the hold lasts without an extension. Default: the ledger's `holdTtl`, 10 minutes. */
  ttl?: DurationInput | undefined
}

/** One line of a capture: what a call cost in one category. */
export interface CaptureLine extends ReceiptDetail {
  amount: AmountInput
  /** Default: the hold's. */
  category?: Category | undefined
  /** Default: the hold's. */
  model?: string | undefined
  estimated?: boolean | undefined
}

export interface ChargeInput extends Attribution, ReceiptDetail {
  amount: AmountInput
  category: Category
  estimated?: boolean | undefined
  key?: string | undefined
}

/** A line of what a provider has been paid for without a hold. */
export interface BookLine extends CaptureLine {
  category: Category
}

/** What a provider has been paid for. The attribution holds for all lines; a line may name another model. */
export interface BookInput extends Attribution {
  /** Whoever books the same again gives the same key. */
  key: string
  /** 1 to 16. */
  lines: readonly BookLine[]
}

export interface RefundInput {
  /** Default: all that is left to refund. */
  amount?: AmountInput | undefined
  reason: string
  key?: string | undefined
  actor?: string | undefined
  /** Give what would come back expired or voided as a new batch. */
  newBatch?: { expiresIn?: DurationInput | undefined } | undefined
}

export interface VoidInput {
  reason: string
  /** Only so much of what remains; the batch stays open. Default: all of it, which closes the batch. */
  amount?: AmountInput | undefined
  /** Until so much of the batch has been voided in all, as far as it remains; nothing where that was reached. */
  total?: AmountInput | undefined
  key?: string | undefined
  actor?: string | undefined
}

/** A new expiry: one of the three. */
export interface ExtendBatchInput {
  expiresIn?: DurationInput | undefined
  expiresAt?: Date | string | undefined
  never?: true | undefined
  reason: string
  key?: string | undefined
  actor?: string | undefined
}

/** Where an account's low-balance alert begins; what is left out stays as it is. */
export interface AlertLineInput {
  /** Null: no amount. */
  amount?: AmountInput | null | undefined
  /** A whole number from 0 to 100, of what was settled after the last grants. Null: the default. */
  percent?: number | null | undefined
  key?: string | undefined
  actor?: string | undefined
}

/** Where an account's low-balance alert begins, and how low it is. */
export interface AlertLine {
  account: string
  amount: Credits | null
  /** As it is applied: 20 where nothing is set, 0 where only an amount is. */
  percent: number
  /** What was settled after the last grants. */
  base: Credits
  /** The higher of the amount and the percentage of the base. */
  line: Credits
  /** 0 fine, 1 low, 2 critical (below a quarter of the line), 3 empty. */
  level: AlertLevel
}

export const ALERT_KINDS = ['low_balance', 'run_out', 'expiring_soon', 'paid_at_risk', 'unpriced'] as const
export type AlertKind = (typeof ALERT_KINDS)[number]

/** An episode of an account that people should look at. */
export interface Alert {
  account: string
  id: string
  kind: AlertKind
  /** 0 over; 1; and of a low balance 2 critical and 3 empty. */
  level: AlertLevel
  /** What it is about beside the account: a batch, a route; null for nothing else. */
  subject: string | null
  /** What it was raised or changed by; amounts as decimal strings, times as ISO 8601. */
  detail: Readonly<Record<string, unknown>>
  raisedAt: Date
  resolvedAt: Date | null
  /** Grows with each change. */
  version: number
  snoozedUntil: Date | null
}

export interface AlertsQuery {
  /** Only those that are not over. Default: true. */
  open?: boolean | undefined
}

export interface SnoozeInput {
  actor?: string | undefined
}

/** What a review of all accounts' forecasts did. */
export interface ReviewReport {
  accounts: number
  raised: number
  changed: number
  resolved: number
}

/** How long credit lasts at the recent rate. */
export interface Forecast {
  /** What is used a day. */
  perDay: Credits
  /** Since when that is measured: the last 7 days, or since the first use. */
  since: Date
  /** When there is none left; null if not within ten years, or where nothing is used. */
  runsOutAt: Date | null
  daysLeft: number | null
  /** What will expire unused, soonest first. */
  lapses: { batchId: string; type: BatchType; amount: Credits; at: Date }[]
}

/** A remainder that expired. */
export interface Expiry {
  batchId: string
  type: BatchType
  amount: Credits
  at: Date
}

export interface ChargesQuery {
  /** Charged from then on. */
  from?: Date | string | undefined
  /** Charged before then. */
  to?: Date | string | undefined
  /** 1 to 1,000, which is the default. */
  limit?: number | undefined
  /** The page before's `next`. */
  after?: string | undefined
}

export interface ChargesPage {
  charges: Charge[]
  /** Where the next page begins; null after the last one. */
  next: string | null
}

export interface TopUsageQuery {
  /** Rounded down to a quarter of an hour. */
  from: Date | string
  /** Default: now. Rounded up to a quarter of an hour. */
  to?: Date | string | undefined
  by: 'agent' | 'user' | 'model'
  /** 1 to 100. Default: 5. */
  limit?: number | undefined
}

/** Who, or what, used how much. */
export interface TopUsage {
  /** Null: not named. */
  name: string | null
  charges: number
  amount: Credits
}

export const USAGE_DIMENSIONS = ['category', 'model', 'agent', 'user', 'day'] as const
export type UsageDimension = (typeof USAGE_DIMENSIONS)[number]

export interface UsageQuery {
  /** Default: 30 days before `to`. Rounded down to a quarter of an hour. */
  from?: Date | string | undefined
  /** Default: now. Rounded up to a quarter of an hour. */
  to?: Date | string | undefined
  /** IANA name; for `day`. Default: UTC. */
  timeZone?: string | undefined
  /** Default: `['category']`. */
  by?: readonly UsageDimension[] | undefined
}

/** The asked dimensions, and what was used. `day` is `YYYY-MM-DD`; an unset model, agent or user is null. */
export interface UsageRow {
  category?: Category
  model?: string | null
  agent?: string | null
  user?: string | null
  day?: string
  charges: number
  /** Charges less refunds. */
  amount: Credits
}

export interface Divergence {
  account: string
  /** Which rule does not hold, e.g. `batch.remaining`. */
  rule: string
  /** The row: a batch, hold, charge, entry or bucket. */
  subject: string
  expected: string
  found: string
}

export interface AuditReport {
  ok: boolean
  accounts: number
  batches: number
  charges: number
  entries: number
  /** The first one of each account, at most 100. */
  divergences: Divergence[]
}

export interface SweepReport {
  accounts: number
  expiredBatches: number
  expiredAmount: Credits
  lapsedHolds: number
}
