import { DatabaseError } from '../db/errors.ts'
import { CreditsError } from './errors.ts'

/** What the database room could not do, as an error of this package; anything else as it is. */
export const asCreditsError = (error: unknown): unknown =>
  error instanceof DatabaseError ? new CreditsError(error.code, error.message, {}, { cause: error }) : error
