import type { Database } from '../../db/connect.ts'
import type { Clock } from '../clock.ts'

export interface CommitOptions {
  readonly database: Database
  readonly clock?: Clock | undefined
  /** Which shard an account's rows are on. */
  readonly placement?: ((account: string) => string) | undefined
  readonly retryForMs: number
  readonly signup: SignupTerms | null
}

/** Free credit on an account's first mention. */
export interface SignupTerms {
  readonly amount: bigint
  readonly expiresInMs: number | null
}
