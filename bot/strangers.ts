import type { App, SlashCommand } from '@slack/bolt'
import { NotInstalled } from './not-installed.ts'
import { accountOfPerson, isOfWorkspace, personOfCommand, personOfInteraction } from './payload-person.ts'
import type { BotServices, Person } from './services.ts'

type Interaction = Parameters<typeof personOfInteraction>[0]

/** Who acts, and whether the payload itself says that it is in their own workspace. */
interface Act {
  readonly person: Person
  readonly isInOwnWorkspace: boolean
}

/**
 * Keeps from every listener what people of other companies do: a click in a shared channel, which would show the
 * host's account, and whatever comes from another workspace than the token's where an account is not of a workspace.
 * To be put before the listeners.
 *
 * Slack is asked about a person only where the payload leaves it open: most acts cost nothing.
 */
export function refuseStrangers(
  app: App,
  services: Pick<BotServices, 'accountOf' | 'people' | 'logger'>,
): void {
  const { people, logger } = services
  app.use(async ({ body, client, next }) => {
    const act = actOf(body)
    if (act === undefined) return next()
    const { person, isInOwnWorkspace } = act
    const isAllowed =
      (isInOwnWorkspace || (await people.isFromHere(client, person))) &&
      (isOfWorkspace(accountOfPerson(services, person), person) || (await people.worksHere(client, person)))
    if (isAllowed) return next()
    logger.warn({ ...person, reason: 'not of this workspace' }, 'Refused a stranger')
    throw new NotInstalled()
  })
}

/** Undefined for events: they answer nobody, but for the App Home, whose listener asks itself. */
function actOf(body: object): Act | undefined {
  // Slack offers commands to people of the workspace only, in shared channels too.
  if (isCommand(body)) return { person: personOfCommand(body), isInOwnWorkspace: true }
  if (!isInteraction(body)) return undefined
  const { user, team } = body
  const isInOwnWorkspace = team?.id !== undefined && user.team_id === team.id
  return { person: personOfInteraction(body), isInOwnWorkspace }
}

const isCommand = (body: object): body is SlashCommand => 'command' in body && 'user_id' in body

const isInteraction = (body: object): body is Interaction =>
  'user' in body && typeof body.user === 'object' && body.user !== null && 'id' in body.user
