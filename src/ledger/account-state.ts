import { compareDrawDown, type DrawableBatch, isUnexpired } from '../draw-down.ts'
import type { AlertLevel } from '../alert-line.ts'
import type { Attribution, BatchSource, Category } from '../types.ts'

/** A batch as the ledger works on it; all amounts in micro-credits, instants in milliseconds. */
export interface LedgerBatch extends DrawableBatch {
  readonly source: BatchSource
  readonly note: string | null
  readonly reference: string | null
  expiresAt: number
  readonly allocated: bigint
  drawn: bigint
  refunded: bigint
  expired: bigint
  voided: bigint
  remaining: bigint
  voidedAt: number | null
}

export interface OpenHold {
  readonly id: string
  readonly amount: bigint
  readonly category: Category
  readonly authorizedAt: number
  readonly expiresAt: number
  readonly attribution: Attribution | null
}

/** Where an account's low-balance alert begins, and how low it is. */
export interface AlertState {
  amount: bigint | null
  percent: number | null
  base: bigint
  level: AlertLevel
  /** Whether something of it is still to be written. */
  isChanged: boolean
}

/**
 * What decides about an account's credit, as of one version of it. It is worked on in place; whoever fails to
 * write the result throws it away.
 */
export interface AccountState {
  readonly account: string
  /** The version that was read; -1 for an account that has no row yet. */
  version: number
  held: bigint
  openHolds: number
  debt: bigint
  /** No open hold ends before this instant. Infinity where none is open. */
  nextLapse: number
  /** All with something remaining, in draw-down order. */
  batches: LedgerBatch[]
  /** Remainder of the unexpired ones, true until the next of them expires. */
  spendable: bigint
  /** When that is. */
  nextExpiry: number
  /** Whether expired batches have a remainder still (kept for holds, or not yet swept). */
  hasExpired: boolean
  /** Open holds that are known here; others may be open. */
  holds: Map<string, OpenHold>
  alert: AlertState
}

export const newAccountState = (account: string): AccountState => ({
  account,
  version: -1,
  held: 0n,
  openHolds: 0,
  debt: 0n,
  nextLapse: Number.POSITIVE_INFINITY,
  batches: [],
  spendable: 0n,
  nextExpiry: Number.POSITIVE_INFINITY,
  hasExpired: false,
  holds: new Map(),
  alert: { amount: null, percent: null, base: 0n, level: 0, isChanged: false },
})

/** Puts the batches in order and sums them up as of an instant. */
export function settleBatches(state: AccountState, at: number): void {
  state.batches = state.batches.filter((batch) => batch.remaining > 0n).toSorted(compareDrawDown)
  state.spendable = 0n
  state.nextExpiry = Number.POSITIVE_INFINITY
  state.hasExpired = false
  for (const batch of state.batches) {
    if (isUnexpired(batch, at)) {
      state.spendable += batch.remaining
      if (batch.expiresAt < state.nextExpiry) state.nextExpiry = batch.expiresAt
    } else {
      state.hasExpired = true
    }
  }
}

/** What the next authorize may take; negative after debt, or when credit expired under its holds. */
export const availableCredit = (state: AccountState): bigint => state.spendable - state.held - state.debt

/** Unexpired credit less debt. */
export const settledCredit = (state: AccountState): bigint => state.spendable - state.debt

/** Puts a hold among the open ones. */
export function openHold(state: AccountState, hold: OpenHold): void {
  state.held += hold.amount
  state.openHolds += 1
  state.holds.set(hold.id, hold)
}

/** Takes a hold from the open ones, however it ended. */
export function closeHold(state: AccountState, hold: OpenHold): void {
  state.held -= hold.amount
  state.openHolds -= 1
  if (state.openHolds === 0) state.nextLapse = Number.POSITIVE_INFINITY
  state.holds.delete(hold.id)
}
