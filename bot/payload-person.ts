import { accountPerWorkspace } from './accounts.ts'
import type { BotServices, Person } from './services.ts'

/** What of a signed slash command says who typed it. */
interface CommandPayload {
  readonly user_id: string
  readonly team_id?: string | undefined
  readonly enterprise_id?: string | undefined
}

/** What of a signed click or submission says whose it is. */
interface InteractionPayload {
  readonly user: { readonly id: string; readonly team_id?: string }
  /** Null where the organisation has installed the app, and no workspace is concerned. */
  readonly team?: { readonly id: string } | null
  readonly enterprise?: { readonly id: string } | null
}

export const personOfCommand = (command: CommandPayload): Person => ({
  userId: command.user_id,
  teamId: command.team_id || undefined,
  enterpriseId: command.enterprise_id || undefined,
})

export const personOfInteraction = ({ user, team, enterprise }: InteractionPayload): Person => ({
  userId: user.id,
  teamId: team?.id ?? user.team_id,
  enterpriseId: enterprise?.id,
})

/** The account that a person sees. */
export const accountOfPerson = (services: Pick<BotServices, 'accountOf'>, person: Person): string =>
  services.accountOf({
    user_id: person.userId,
    team_id: person.teamId,
    enterprise_id: person.enterpriseId,
  })

/** Whether an account is of the workspace that somebody acts in: the workspace's own, or one of its people's. */
export function isOfWorkspace(account: string, person: Person): boolean {
  const workspace = accountOfPerson({ accountOf: accountPerWorkspace }, person)
  return account === workspace || account.startsWith(`${workspace}:`)
}
