import { formatAmount } from '../../src/amount.ts'
import { CreditsError } from '../../src/errors.ts'
import { isOwnTrouble } from '../commands/answer.ts'
import type { BotServices } from '../services.ts'
import { type Sheet, withBalance } from '../views/admin/sheet.ts'
import type { Outcome } from './action.ts'
import { ADMIN_ACTIONS } from './actions.ts'
import { notYours } from './plan.ts'
import type { AdminRequest } from './request.ts'
import { type Asker, isOwnAccount, writeOf } from './rights.ts'

export type Answer =
  | { readonly sheet: Sheet }
  /** Nothing was done, nor will be. */
  | { readonly refusal: string }
  /** Perhaps done, perhaps not: asking again with the same request does it once. */
  | { readonly trouble: string }

/** Does what was confirmed, once for each request, and tells the admin channel. */
export async function performRequest(
  services: BotServices,
  asker: Asker,
  request: AdminRequest,
): Promise<Answer> {
  const { ledger, logger, audits } = services
  const { id, action } = request
  const read = ADMIN_ACTIONS[action].read(request.fields)
  if ('problems' in read) return { refusal: Object.values(read.problems).join(' ') }
  const { account, perform } = read.terms
  if (!isOwnAccount(services, asker, action, account)) return { refusal: notYours(account) }
  try {
    await audits.expect(request, asker.person).catch((error: unknown) => {
      logger.warn({ err: error, requestId: id }, 'An audit message will be lost if the server is killed now')
    })
    const outcome = await perform(ledger, writeOf(request, asker.person))
    return { sheet: await report(services, asker, request, account, outcome) }
  } catch (error) {
    if (CreditsError.isInstance(error) && error.code !== 'outcome_unknown' && !isOwnTrouble(error)) {
      logger.info({ requestId: id, action, account, code: error.code }, 'The ledger refused an admin action')
      return { refusal: `${error.message} Nothing was changed.` }
    }
    logger.error({ err: error, requestId: id, action, account }, 'An admin action failed')
    return {
      trouble: `The ledger did not answer (ref ${id.slice(-8)}). Confirm once more: it is done once only.`,
    }
  }
}

/** It is on the ledger by now: what goes wrong from here on is logged, and takes nothing back. */
async function report(
  { ledger, logger, audits }: BotServices,
  { person }: Asker,
  request: AdminRequest,
  account: string,
  { sheet, figures }: Outcome,
): Promise<Sheet> {
  const { id, action } = request
  const { userId, teamId } = person
  const fields = { requestId: id, action, account, userId, teamId }
  const balance = await ledger.balance(account).catch((error: unknown) => {
    logger.warn({ err: error, ...fields }, 'The balance after an admin action is not known')
    return undefined
  })
  const available = balance && formatAmount(balance.available)
  logger.info({ ...fields, ...figures, available }, 'An admin acted')
  const shown = withBalance(sheet, balance)
  await audits
    .tell(request, person, shown)
    .catch((error: unknown) => logger.error({ err: error, ...fields }, 'An audit message was not queued'))
  return shown
}
