import type { CreditsErrorCode } from '../../src/errors.ts'

/** What the reference ledger throws where the ledger must refuse. */
export class Refusal extends Error {
  readonly code: CreditsErrorCode
  /** The figures that the refusal must carry. */
  readonly data: Readonly<Record<string, unknown>>

  constructor(code: CreditsErrorCode, data: Readonly<Record<string, unknown>> = {}) {
    super(`The rules refuse it: ${code}`)
    this.code = code
    this.data = data
  }
}
