import { CreditsError } from '../../src/errors.ts'
import type { BotServices } from '../services.ts'
import type { Sheet } from '../views/admin/sheet.ts'
import type { AdminAction } from './action.ts'
import type { Problems } from './fields.ts'
import { type AdminRequest, writeRequest } from './request.ts'
import { type Asker, isOwnAccount } from './rights.ts'
import { findTarget } from './target.ts'

/** What would happen, with what to carry until it is confirmed; or what is wrong. */
export type Plan =
  | { readonly sheet: Sheet; readonly request: AdminRequest }
  | { readonly problems: Problems }
  | { readonly refusal: string }

/** Slack's limit of a button's value. */
const VALUE_MAX = 2_000

/**
 * Checks what an admin asks for, and looks up what it would do. Writes nothing.
 *
 * @throws CreditsError where the ledger knows already that it cannot be done
 */
export async function planAction(
  services: BotServices,
  asker: Asker,
  action: AdminAction,
  { id, fields }: Pick<AdminRequest, 'id' | 'fields'>,
): Promise<Plan> {
  const target = await findTarget(services, asker, fields.account)
  if ('refusal' in target) return { problems: { account: target.refusal } }
  const request: AdminRequest = { id, action: action.name, fields: { ...fields, account: target.account } }
  const read = action.read(request.fields)
  if ('problems' in read) return read
  const { account, preview } = read.terms
  if (!isOwnAccount(services, asker, action.name, account)) return { refusal: notYours(account) }
  if (writeRequest(request).length > VALUE_MAX) return { refusal: 'That is too long: say it in fewer words.' }
  let sheet: Sheet
  try {
    sheet = await preview(services.ledger)
  } catch (error) {
    if (!CreditsError.isInstance(error) || error.code !== 'invalid_time') throw error
    return { problems: { expires: error.message } }
  }
  return { sheet: { ...sheet, remarks: [...target.remarks, ...sheet.remarks] }, request }
}

export const notYours = (account: string): string =>
  account.startsWith('@')
    ? `Slack did not say who ${account} is: choose the name from the list that it offers after an @.`
    : `${account} is someone else's: admins act on the accounts of their own workspace.`
