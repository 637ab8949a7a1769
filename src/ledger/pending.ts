import type { Operation } from './operation.ts'

/** An operation on its way, and who waits for it. */
export interface Pending {
  readonly operation: Operation<unknown, unknown>
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: unknown) => void
  /** `performance.now()` when it was submitted. */
  readonly since: number
  /** Whether it must be decided under the account's lock. */
  mustLock: boolean
  /** Whether it was sent and nobody knows whether it was written. */
  unknown: boolean
  conflicts: number
  /** Whether its account was locked for too long to be waited for together with others. */
  apart: boolean
}

/** Two operations of one identity must not meet in a group: the second is answered from what the first wrote. */
export const identityOf = ({ account, keyed, subject }: Operation<unknown, unknown>): string =>
  `${account}\0${keyed ? `key ${keyed.key}` : subject}`
