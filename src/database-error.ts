import { DatabaseError } from '../db/errors.ts'
import { failureOf } from '../db/failure.ts'
import { codeOf } from '../db/unreachable.ts'
import { CreditsError } from './errors.ts'

/** What the database could not do, as an error of this package; anything else (a bug, say) as it is. */
export function asCreditsError(error: unknown): unknown {
  if (error instanceof DatabaseError) return new CreditsError(error.code, error.message, {}, { cause: error })
  const isFromDatabase =
    error instanceof Error && (error.name === 'PostgresError' || failureOf(error) === 'connection')
  if (!isFromDatabase) return error
  return new CreditsError(
    'database_unavailable',
    `The database could not do it: ${error.message}. Nothing was changed.`,
    { sqlState: codeOf(error) },
    { cause: error },
  )
}
