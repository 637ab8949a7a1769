import { currentContext } from '../src/context.ts'
import { accountRequired } from '../src/meter.ts'
import type { Attribution } from '../src/types.ts'
import type { Settings } from './options.ts'

/** Who is charged for a call, and what it is for. */
export interface Payer {
  readonly account: string
  readonly attribution: Omit<Attribution, 'model'>
}

/**
 * By the `credits.run` around, then by the options. To be read when a call begins: its answer may be read in another
 * context. Undefined where there is no account.
 */
export function payerOf(settings: Settings): Payer | undefined {
  const context = currentContext()
  const account = context?.account ?? settings.account
  if (account === undefined) return undefined
  return {
    account,
    attribution: {
      agent: context?.agent ?? settings.agent,
      user: context?.user ?? settings.user,
      conversation: context?.conversation ?? settings.conversation,
      tags: context?.tags ?? settings.tags,
    },
  }
}

/** @throws CreditsError `account_required` */
export function requirePayer(settings: Settings): Payer {
  const payer = payerOf(settings)
  if (payer) return payer
  throw accountRequired()
}
