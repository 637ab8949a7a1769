import { constants } from 'node:os'
import type { CreditLedger, OpenOptions } from '../credits.ts'
import { CreditsError } from '../errors.ts'
import { EXIT } from './exit.ts'
import { onInterrupt } from './interrupt.ts'

/**
 * Opens the ledger for one piece of work and closes it after, also on an error. An interrupt lets work that has
 * begun finish, because it may be a write; a long read gets as long as the database takes to close. None begins.
 *
 * @throws CreditsError `ledger_closed` if the work was interrupted, and what opening and the work throw
 */
export async function withLedger<T>(
  work: (ledger: CreditLedger) => Promise<T>,
  options: OpenOptions | undefined,
): Promise<T> {
  // Loaded here, so that help and wrong usage do not wait for the database's driver.
  const { openCredits } = await import('../index.ts')
  const opening = openCredits({ ...readLedgerSettings(process.env), ...options })
  let interrupted = false
  const forget = onInterrupt((signal) => {
    interrupted = true
    process.exitCode = EXIT.signal + constants.signals[signal]
    // A failure to open or close reaches the person through the awaits below.
    opening.then((ledger) => ledger.close()).catch(() => {})
  })
  try {
    const ledger = await opening
    const begun = interrupted ? Promise.reject(cutShort()) : work(ledger)
    const answer = await begun.catch(async (error: unknown) => {
      // The work's own error says more than one of closing after it.
      await ledger.close().catch(() => {})
      // A read whose connection was closed under it fails as if the database had gone.
      throw interrupted && !CreditsError.isInstance(error) ? cutShort() : error
    })
    await ledger.close()
    return answer
  } finally {
    forget()
  }
}

const cutShort = () =>
  new CreditsError('ledger_closed', 'Interrupted before it was done. Run the command again.')

/**
 * What the ledger opens with besides `DATABASE_URL`: the signup grant, under the names that the server reads it
 * by. An account that is first mentioned on the command line gets its grant like any other.
 */
function readLedgerSettings(environment: NodeJS.ProcessEnv): OpenOptions {
  const amount = valueOf(environment.SIGNUP_CREDITS)
  return amount === undefined ? {} : { signup: { amount, expiresIn: valueOf(environment.SIGNUP_EXPIRES) } }
}

/** An empty setting counts as unset, as in a `.env` file with the values left out. */
const valueOf = (setting: string | undefined): string | undefined => setting?.trim() || undefined
