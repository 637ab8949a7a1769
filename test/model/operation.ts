/** The writes, as values: one form for the reference ledger, the ledger, and what a failed test prints. */
import type { Credits } from '../../src/amount.ts'
import type { Attribution, BatchSource, BatchType, Category } from '../../src/types.ts'

/** Durations are milliseconds and amounts micro-credits: how texts are read is tested elsewhere. */
export interface Grant {
  kind: 'grant'
  account: string
  input: {
    type: BatchType
    amount: Credits
    source?: BatchSource
    expiresIn?: number
    key?: string
    note?: string
  }
}

export interface Authorize {
  kind: 'authorize'
  account: string
  input: Attribution & { amount: Credits; category: Category; ttl: number; key?: string }
}

export interface Line {
  amount: Credits
  category?: Category
  model?: string
  estimated?: boolean
}

export interface Capture {
  kind: 'capture'
  account: string
  holdId: string
  lines: readonly Line[]
}

export interface Release {
  kind: 'release'
  account: string
  holdId: string
}

export interface Extend {
  kind: 'extend'
  account: string
  holdId: string
  ttl: number
}

export interface Charge {
  kind: 'charge'
  account: string
  input: Attribution & { amount: Credits; category: Category; estimated?: boolean; key?: string }
}

export interface Book {
  kind: 'book'
  account: string
  input: Attribution & { lines: readonly (Line & { category: Category })[]; key: string }
}

export interface Refund {
  kind: 'refund'
  account: string
  chargeId: string
  input: { amount?: Credits; reason: string; newBatch?: { expiresIn?: number }; key?: string }
}

export interface Void {
  kind: 'void'
  account: string
  batchId: string
  input: { reason: string; amount?: Credits; total?: Credits; key?: string }
}

export interface ExtendBatch {
  kind: 'extendBatch'
  account: string
  batchId: string
  input: { reason: string; key?: string } & ({ expiresIn: number } | { never: true })
}

export interface SetAlertLine {
  kind: 'setAlertLine'
  account: string
  input: { amount?: Credits | null; percent?: number | null; key?: string }
}

export type Operation =
  | Grant
  | Authorize
  | Capture
  | Release
  | Extend
  | Charge
  | Book
  | Refund
  | Void
  | ExtendBatch
  | SetAlertLine

/** A text that two inputs share only if they ask for the same. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (name, part: unknown) => {
    if (name === 'key') return undefined
    if (typeof part === 'bigint') return `${part}µ`
    if (part === null || typeof part !== 'object' || Array.isArray(part)) return part
    return Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  })
}
