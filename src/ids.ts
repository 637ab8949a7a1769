import { uuidv7 } from 'uuidv7'
import { CreditsError } from './errors.ts'

/** Charges that one capture may book: the last hex digit of an id counts them. */
export const MAX_CHARGES_PER_CAPTURE = 16

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** A new time-ordered id (uuidv7), so that rows written together lie together in an index. */
export const newId = (): string => uuidv7()

/**
 * A new id for a hold or a charge. Its last hex digit is 0: the charges of one capture carry the hold's id with
 * that digit counting them, so a capture's charges are found by the primary key and booking them twice fails on it.
 */
export const newCallId = (): string => `${uuidv7().slice(0, -1)}0`

/** The id of the nth charge (from 0) of a capture of this hold. */
export const chargeIdOfHold = (holdId: string, n: number): string => holdId.slice(0, -1) + n.toString(16)

/** When an id was made, by the clock of the process that made it; milliseconds. */
export const instantOfId = (id: string): number => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)

/** @throws CreditsError `invalid_id` */
export function checkId(id: unknown, what: string): string {
  const lower = typeof id === 'string' ? id.toLowerCase() : ''
  if (UUID.test(lower)) return lower
  throw new CreditsError(
    'invalid_id',
    `Invalid ${what} id: give the id that the ledger answered with, a UUID.`,
  )
}
