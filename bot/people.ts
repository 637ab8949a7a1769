import type { WebClient } from '@slack/web-api'
import type { Logger } from './log.ts'
import type { People, Person } from './services.ts'
import { homeOfToken, isAtHome, type TokenHome } from './token-home.ts'

/** Long enough to spare Slack the question at each click, short enough that a right that was taken is soon gone. */
const REMEMBERED_FOR_MS = 60_000
const REMEMBERED_MAX = 10_000

interface Profile {
  readonly timeZone: string
  /** Of the workspace they act in, be it as a guest: nobody of another company in a shared channel. */
  readonly isFromHere: boolean
  /** A full member of the workspace: no bot, no guest, nobody of another company in a shared channel. */
  readonly isMember: boolean
  readonly isAdmin: boolean
}

interface Remembered {
  readonly profile: Promise<Profile>
  readonly until: number
}

type SlackUser = NonNullable<Awaited<ReturnType<WebClient['users']['info']>>['user']>

const STRANGER: Profile = { timeZone: 'UTC', isFromHere: false, isMember: false, isAdmin: false }

/**
 * Asks Slack about people (`users.info`), once a minute each. Admins are a workspace's admins and owners, and those
 * of its members who are named in the settings.
 */
export function askAboutPeople(
  admins: readonly string[],
  logger: Logger,
  now: () => number = () => performance.now(),
): People {
  const remembered = new Map<string, Remembered>()
  const homes = new WeakMap<WebClient, Promise<TokenHome>>()

  function homeOf(client: WebClient): Promise<TokenHome> {
    const known = homes.get(client)
    if (known) return known
    const home = askHome(client)
    homes.set(client, home)
    home.catch(() => homes.delete(client))
    return home
  }

  function profileOf(client: WebClient, person: Person): Promise<Profile> {
    const name = `${person.enterpriseId ?? ''}/${person.teamId ?? ''}/${person.userId}`
    const known = remembered.get(name)
    if (known && known.until > now()) return known.profile
    if (remembered.size >= REMEMBERED_MAX) remembered.clear()
    const profile = askSlack(client, person, homeOf(client)).catch((error: unknown) => {
      logger.warn({ err: error, userId: person.userId }, 'Slack does not say who somebody is')
      if (remembered.get(name)?.profile === profile) remembered.delete(name)
      return STRANGER
    })
    remembered.set(name, { profile, until: now() + REMEMBERED_FOR_MS })
    return profile
  }

  return {
    timeZone: async (client, person) => (await profileOf(client, person)).timeZone,
    worksHere: async (client, person) => isAtHome(await homeOf(client), person),
    isFromHere: async (client, person) => (await profileOf(client, person)).isFromHere,
    isMember: async (client, person) => (await profileOf(client, person)).isMember,
    async isAdmin(client, person) {
      const { isMember, isAdmin } = await profileOf(client, person)
      return isMember && (isAdmin || admins.includes(person.userId))
    },
  }
}

const askHome = async (client: WebClient): Promise<TokenHome> => homeOfToken(await client.auth.test())

async function askSlack(client: WebClient, person: Person, asked: Promise<TokenHome>): Promise<Profile> {
  const [{ user }, home] = await Promise.all([client.users.info({ user: person.userId }), asked])
  if (user === undefined) throw new Error('Slack answered users.info without a user.')
  const isFromHere = !user.is_stranger && belongsTo(user, home) && belongsTo(user, person)
  return {
    timeZone: user.tz ?? STRANGER.timeZone,
    isFromHere,
    isMember: isFromHere && isPlainPerson(user),
    isAdmin: isAdminThere(user, person),
  }
}

const isPlainPerson = (user: SlackUser): boolean =>
  !user.deleted &&
  !user.is_bot &&
  !user.is_workflow_bot &&
  !user.is_connector_bot &&
  !user.is_restricted &&
  !user.is_ultra_restricted &&
  !user.is_invited_user

/** In an organisation a person's own workspace may be another of its workspaces than the one they act in. */
function belongsTo(
  user: SlackUser,
  { teamId, enterpriseId }: { teamId: string | undefined; enterpriseId: string | undefined },
): boolean {
  const organisation = user.enterprise_user
  if (teamId === undefined) {
    return enterpriseId !== undefined && organisation?.enterprise_id === enterpriseId
  }
  return [user.team_id, ...(user.teams ?? []), ...(organisation?.teams ?? [])].includes(teamId)
}

/** What is asked for a whole organisation takes an admin of the organisation. */
function isAdminThere(user: SlackUser, { teamId }: Person): boolean {
  const rights = teamId === undefined ? user.enterprise_user : user
  return rights?.is_admin === true || rights?.is_owner === true
}
