import type { Category, Draw } from '../types.ts'
import type { OpenHold } from './account-state.ts'

/** The entry that closed a hold. */
export interface HoldClosing {
  readonly kind: 'release' | 'lapse'
  readonly hold: OpenHold
}

/** A charge as it is stored, without its account. */
export interface StoredCharge {
  readonly id: string
  readonly category: Category
  readonly amount: bigint
  readonly debt: bigint
  readonly held: bigint | null
  readonly draws: Draw[]
  readonly model: string | null
  readonly agent: string | null
  readonly user: string | null
  readonly conversation: string | null
  readonly estimated: boolean
  readonly receipt: Readonly<Record<string, unknown>> | null
  readonly chargedAt: Date
}

export interface StoredKey {
  readonly operation: string
  readonly inputHash: string
  readonly answer: unknown
  readonly createdAt: Date
}

/** What was read under the locks for one account's operations. */
export interface LockedRows {
  readonly keys: Map<string, StoredKey>
  /** By hold id. */
  readonly closings: Map<string, HoldClosing>
  /** By the id of the hold, or of the first charge: the charges of one capture, in order. */
  readonly charges: Map<string, StoredCharge[]>
}

export const noRows = (): LockedRows => ({ keys: new Map(), closings: new Map(), charges: new Map() })
