import { parseDuration } from '../../src/duration.ts'
import { CreditsError } from '../../src/errors.ts'
import { parseInstant } from '../../src/instant.ts'

/** When credit ends: some time from now, at an instant, or never. */
export type Expiry = { readonly inMs: number } | { readonly at: Date } | 'never'

/**
 * Reads when credit ends: `30d`, `12 hours`, `2027-01-31` (its midnight in UTC), or `never`.
 *
 * @throws CreditsError `invalid_duration`, `invalid_time`
 */
export function readExpiry(text: string): Expiry {
  const typed = text.trim().toLowerCase()
  if (typed === 'never') return 'never'
  if (/^\d{4}-/.test(typed)) return { at: parseInstant(typed.toUpperCase(), 'expiry') }
  // A number alone would be milliseconds.
  if (/^\d+(\.\d+)? ?[a-z]+$/.test(typed)) return { inMs: parseDuration(typed, 'expiry') }
  throw new CreditsError(
    'invalid_duration',
    `Invalid expiry ${JSON.stringify(typed.slice(0, 40))}: give a time such as 30d, a date such as 2027-01-31, or never.`,
  )
}

/** What the ledger takes. */
export function expiryInput(expiry: Expiry): { expiresIn?: number; expiresAt?: Date } {
  if (expiry === 'never') return {}
  return 'at' in expiry ? { expiresAt: expiry.at } : { expiresIn: expiry.inMs }
}

/**
 * The instant, were it now; null for never.
 *
 * @throws CreditsError `invalid_time` for one that is past. Not when it is read: what was confirmed in time may be
 * delivered again later
 */
export function expiryFrom(expiry: Expiry, now: Date): Date | null {
  if (expiry === 'never') return null
  const at = 'at' in expiry ? expiry.at : new Date(now.getTime() + expiry.inMs)
  if (at > now) return at
  throw new CreditsError('invalid_time', `${at.toISOString()} is past: give a later expiry, or never.`)
}
