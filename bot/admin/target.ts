import { accountOfPerson } from '../payload-person.ts'
import type { BotServices } from '../services.ts'
import { code } from '../views/admin/sheet.ts'
import type { Asker } from './rights.ts'
import { mentioned } from './words.ts'

/** Which account was meant, with what to say about it; or why none. */
export type Target =
  | { readonly account: string; readonly remarks: readonly string[] }
  | { readonly refusal: string }

/** Finds the account of whoever is mentioned, the one that is named, or the asker's own. */
export async function findTarget(
  services: BotServices,
  { person, client }: Asker,
  typed: string | undefined,
): Promise<Target> {
  const accountOfUser = (userId: string) => accountOfPerson(services, { ...person, userId })
  if (typed === undefined) return { account: accountOfUser(person.userId), remarks: [] }
  const userId = mentioned(typed)
  if (userId === undefined) return { account: typed, remarks: [] }
  if (!(await services.people.isMember(client, { ...person, userId }))) {
    return {
      refusal:
        'Only full members of this workspace have an account here: no guests, bots or people of other companies.',
    }
  }
  const account = accountOfUser(userId)
  const isShared = userId !== person.userId && account === accountOfUser(person.userId)
  return {
    account,
    remarks: [
      isShared
        ? `:busts_in_silhouette: ${code(account)} is the account of everyone here, not of <@${userId}> alone.`
        : `:bust_in_silhouette: ${code(account)} is the account of <@${userId}>.`,
    ],
  }
}
