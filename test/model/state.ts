/**
 * The state of the reference ledger: everything that happened to an account, kept as plain lists, so that a copy
 * is one `structuredClone` and every sum is made anew from them.
 */
import type { AlertLine, Attribution, BatchSource, BatchType, Category } from '../../src/types.ts'

/** Credit that left a batch, and how much of it came back since. */
export interface Portion {
  batchId: string
  amount: bigint
  refunded: bigint
  at: number
}

export interface ModelBatch {
  id: string
  type: BatchType
  source: BatchSource
  allocated: bigint
  remaining: bigint
  /** What a sweep took, and what came back by a refund when it was too late. */
  expired: bigint
  voided: bigint
  isVoided: boolean
  addedAt: number
  /** Infinity for never. */
  expiresAt: number
  note: string | null
}

export interface ModelHold {
  id: string
  amount: bigint
  category: Category
  attribution: Attribution
  authorizedAt: number
  expiresAt: number
  end: 'captured' | 'released' | null
}

export interface ModelCharge {
  id: string
  category: Category
  amount: bigint
  held: bigint | null
  draws: Portion[]
  /** What no batch covered when it was booked. */
  debt: bigint
  /** What of that is still owed. */
  owed: bigint
  /** Oldest first. */
  repayments: Portion[]
  refunded: bigint
  attribution: Attribution
  estimated: boolean
  chargedAt: number
}

/** The first answer to a key, and a text that two inputs share only if they are the same. */
export interface Replay<Answer = unknown> {
  input: string
  answer: Answer
}

/** Where the account's low-balance alert begins, and how low it may be. */
export interface ModelAlert {
  amount: bigint | null
  percent: number | null
  base: bigint
  /** More than one only while it is open which operations were written together: of those the end counts. */
  levels: Set<AlertLine['level']>
  /** Whether something was written since its level was looked at. */
  isWritten: boolean
}

/** All lists are in the order of their making. */
export interface ModelAccount {
  name: string
  batches: ModelBatch[]
  holds: ModelHold[]
  charges: ModelCharge[]
  keys: Map<string, Replay>
  captures: Map<string, Replay>
  alert: ModelAlert
}

export const emptyAccount = (name: string): ModelAccount => ({
  name,
  batches: [],
  holds: [],
  charges: [],
  keys: new Map(),
  captures: new Map(),
  alert: { amount: null, percent: null, base: 0n, levels: new Set([0]), isWritten: false },
})

export const sum = (amounts: Iterable<bigint>): bigint => {
  let total = 0n
  for (const amount of amounts) total += amount
  return total
}

export const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b)

/** Rule 3: from the instant of its expiry on, a batch is spent. */
export const isUnexpired = (batch: ModelBatch, now: number): boolean => now < batch.expiresAt

/** Rule 7, in every read and write, whether or not anything has been written about it. */
export const isLapsed = (hold: ModelHold, now: number): boolean => hold.expiresAt <= now

export const openHolds = (account: ModelAccount, now: number): ModelHold[] =>
  account.holds.filter((hold) => hold.end === null && !isLapsed(hold, now))

export const unexpiredCredit = (account: ModelAccount, now: number, type?: BatchType): bigint =>
  sum(
    account.batches
      .filter((batch) => isUnexpired(batch, now) && (type === undefined || batch.type === type))
      .map((batch) => batch.remaining),
  )

export const heldCredit = (account: ModelAccount, now: number): bigint =>
  sum(openHolds(account, now).map((hold) => hold.amount))

export const debtOf = (account: ModelAccount): bigint => sum(account.charges.map((charge) => charge.owed))

/** Rule 4, literally. */
export const availableCredit = (account: ModelAccount, now: number): bigint =>
  unexpiredCredit(account, now) - heldCredit(account, now) - debtOf(account)
