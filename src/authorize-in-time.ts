import { CreditsError, type CreditsErrorCode } from './errors.ts'
import type { AuthorizeInput, Hold } from './types.ts'

/** A ledger that has not answered after this time is taken for down. One that works answers in milliseconds. */
const PATIENCE_MS = 2_000
/** For this long after that, calls run without asking; then one of them asks again. */
const REST_MS = 1_000

const DOWN: readonly string[] = [
  'database_unavailable',
  'outcome_unknown',
  'embedded_failed',
] satisfies CreditsErrorCode[]

interface AuthorizingLedger {
  authorize(account: string, input: AuthorizeInput): Promise<Hold>
  release(account: string, holdId: string): Promise<Hold>
  track<T>(work: Promise<T>): Promise<T>
}

/** Until when a ledger is taken for down, on the clock of `performance.now()`. */
const downUntil = new WeakMap<AuthorizingLedger, number>()

/**
 * Authorizes a call that may run while the ledger is down, so it waits for a short time only.
 *
 * @returns undefined if the ledger is down
 * @throws CreditsError what `authorize` refuses
 */
export async function authorizeInTime(
  ledger: AuthorizingLedger,
  account: string,
  input: AuthorizeInput,
): Promise<Hold | undefined> {
  const until = downUntil.get(ledger)
  if (until !== undefined) {
    if (performance.now() < until) return undefined
    // Who asks now asks for all: the others go on meanwhile.
    downUntil.set(ledger, performance.now() + PATIENCE_MS)
  }
  let isDown = false
  try {
    const hold = await inTime(ledger, ledger.authorize(account, input))
    isDown = hold === undefined
    return hold
  } finally {
    // A refusal is an answer too.
    if (isDown) downUntil.set(ledger, performance.now() + REST_MS)
    else downUntil.delete(ledger)
  }
}

async function inTime(ledger: AuthorizingLedger, asked: Promise<Hold>): Promise<Hold | undefined> {
  const late = Symbol('late')
  let timer: NodeJS.Timeout | undefined
  const patience = new Promise<typeof late>((resolve) => {
    timer = setTimeout(() => resolve(late), PATIENCE_MS)
  })
  try {
    const answer = await Promise.race([asked, patience])
    if (answer !== late) return answer
    void ledger.track(releaseLate(ledger, asked))
    return undefined
  } catch (error) {
    if (CreditsError.isInstance(error) && DOWN.includes(error.code)) return undefined
    throw error
  } finally {
    clearTimeout(timer)
  }
}

/** A hold that comes after its call went on without it must not stay open. */
async function releaseLate(ledger: AuthorizingLedger, asked: Promise<Hold>): Promise<void> {
  try {
    const hold = await asked
    await ledger.release(hold.account, hold.id)
  } catch {
    // It was refused, or it lapses: nobody extends it.
  }
}
