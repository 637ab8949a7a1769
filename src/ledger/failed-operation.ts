import { asCreditsError } from '../database-error.ts'
import { CreditsError } from '../errors.ts'
import { isOverflow } from '../../db/failure.ts'
import type { Pending } from './pending.ts'

/** The error of an operation that the database refuses. */
export function finalError(error: unknown): unknown {
  if (!isOverflow(error)) return asCreditsError(error)
  return new CreditsError(
    'amount_overflow',
    'A sum of this account exceeds what an amount can hold. Use smaller amounts.',
    {},
    { cause: error },
  )
}

/** The error of an operation that could not be carried out in time because the database cannot be reached. */
export function unreachable({ unknown, operation }: Pending, cause: unknown): CreditsError {
  const data = { operation: operation.name, account: operation.account }
  if (unknown) {
    return new CreditsError(
      'outcome_unknown',
      `The database went away while a ${operation.name} was being written; whether it was is not known. ` +
        (operation.keyed || operation.name === 'capture'
          ? 'Repeat it with the same key: it is then written once.'
          : 'It had no key, so look whether it is there before you repeat it.'),
      data,
      { cause },
    )
  }
  return new CreditsError(
    'database_unavailable',
    `The database could not be reached in time; the ${operation.name} was not written. Try again.`,
    data,
    { cause },
  )
}

/** The error of whatever comes, or is still under way, when the ledger closes. */
export const ledgerClosed = (): CreditsError =>
  new CreditsError('ledger_closed', 'The ledger is closed. Open another one.')
