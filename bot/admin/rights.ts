import type { WebClient } from '@slack/web-api'
import { accountOfPerson, isOfWorkspace } from '../payload-person.ts'
import type { BotServices, Person } from '../services.ts'
import type { Write } from './action.ts'
import type { AdminRequest } from './request.ts'

/** Who asks for something, as Slack's signed payload names them. */
export interface Asker {
  readonly person: Person
  /** Acts as the bot in their workspace. */
  readonly client: WebClient
}

/** Whether they may do what admins do; a refusal is logged. */
export async function isAdmin(
  { people, logger }: BotServices,
  asker: Asker,
  action: string,
): Promise<boolean> {
  const { userId, teamId } = asker.person
  if (await people.isAdmin(asker.client, asker.person)) return true
  logger.warn({ action, userId, teamId, reason: 'no admin' }, 'Refused an admin action')
  return false
}

/**
 * Whether an account is one of the workspace of who asks: the workspace's, one of its people's, or the one that all
 * share. A refusal is logged.
 */
export function isOwnAccount(
  services: BotServices,
  { person }: Asker,
  action: string,
  account: string,
): boolean {
  const { userId, teamId } = person
  if (isOfWorkspace(account, person) || account === accountOfPerson(services, person)) return true
  services.logger.warn(
    { action, userId, teamId, account, reason: "someone else's" },
    'Refused an admin action',
  )
  return false
}

/** The actor of ledger entries. */
export const actorOf = ({ userId, teamId, enterpriseId }: Person): string =>
  `slack:${teamId ?? enterpriseId ?? ''}:${userId}`

/** What goes into the ledger with what somebody confirmed: the same request writes once. */
export const writeOf = ({ id }: AdminRequest, person: Person): Write => ({
  key: `slack:${id}`,
  actor: actorOf(person),
})
