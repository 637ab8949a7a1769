import type { SignupTerms } from './commit-options.ts'
import { inputHash } from './input-hash.ts'
import type { AccountView } from './operation.ts'
import { addBatch, rebaseAlert, seedOf } from './operations/grant.ts'

const SIGNUP_KEY = 'signup'

/** Gives an account that is mentioned for the first time its Free credit. */
export function grantSignup(view: AccountView, { amount, expiresInMs }: SignupTerms): void {
  const batch = addBatch(view, {
    type: 'free',
    source: 'signup',
    amount,
    expiresAt: expiresInMs === null ? Number.POSITIVE_INFINITY : view.at + expiresInMs,
    note: null,
  })
  rebaseAlert(view.state)
  const seed = seedOf(batch)
  const hash = inputHash({
    type: 'free',
    source: 'signup',
    amount,
    expiry: expiresInMs === null ? null : { inMs: expiresInMs },
  })
  view.posting.key(view.state, SIGNUP_KEY, 'grant', hash, seed)
  view.rows?.keys.set(SIGNUP_KEY, {
    operation: 'grant',
    inputHash: hash,
    answer: seed,
    createdAt: new Date(view.at),
  })
}
