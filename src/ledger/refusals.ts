import { formatAmount } from '../amount.ts'
import { CreditsError } from '../errors.ts'
import { type AccountState, availableCredit } from './account-state.ts'

export const batchNotFound = (account: string, batch: string): CreditsError =>
  new CreditsError('batch_not_found', `${account} has no batch ${batch}.`, { batch })

/**
 * Why an amount cannot be taken: too little credit, or enough once running calls have finished.
 * Undefined if it can.
 */
export function refusalOf(state: AccountState, amount: bigint): CreditsError | undefined {
  const available = availableCredit(state)
  if (available >= amount) return undefined
  const data = {
    account: state.account,
    amount: formatAmount(amount),
    available: formatAmount(available),
    held: formatAmount(state.held),
    openHolds: state.openHolds,
    debt: formatAmount(state.debt),
    missing: formatAmount(amount - available),
  }
  if (available + state.held >= amount) {
    return new CreditsError(
      'credits_held',
      `${data.held} credits of ${state.account} are held by running calls and ${data.available} are available; ` +
        `${data.amount} are needed. Try again when they finish.`,
      data,
    )
  }
  return new CreditsError(
    'insufficient_credits',
    `${state.account} has ${data.available} credits available and ${data.amount} are needed; ${data.missing} are ` +
      'missing. Add credit.',
    data,
  )
}

export const holdNotFound = (account: string, id: string): CreditsError =>
  new CreditsError(
    'hold_not_found',
    `${account} has no hold ${id}. Give the id that authorize answered with.`,
    {
      account,
      hold: id,
    },
  )

export const holdClosed = (
  code: 'hold_released' | 'hold_lapsed' | 'hold_captured',
  account: string,
  id: string,
): CreditsError =>
  new CreditsError(code, `The hold ${id} of ${account} is already ${code.slice('hold_'.length)}.`, {
    account,
    hold: id,
  })

export const keyConflict = (account: string, key: string): CreditsError =>
  new CreditsError(
    'key_conflict',
    `The key ${JSON.stringify(key)} of ${account} was used with another input. Use a new key for a new write.`,
    { account, key },
  )
