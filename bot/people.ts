import type { WebClient } from '@slack/web-api'
import type { Logger } from './log.ts'
import type { People, Person } from './services.ts'

/** Long enough to spare Slack the question at each click, short enough that a right that was taken is soon gone. */
const REMEMBERED_FOR_MS = 60_000
const REMEMBERED_MAX = 10_000

interface Profile {
  readonly timeZone: string
  /** A full member of the workspace: no bot, no guest, nobody of another company in a shared channel. */
  readonly isMember: boolean
  readonly isAdmin: boolean
}

interface Remembered {
  readonly profile: Promise<Profile>
  readonly until: number
}

/** Whose the bot's token is: where payloads of shared channels come from may be elsewhere. */
interface Home {
  readonly teamId: string | undefined
  /** Where an organisation has installed the app, all its workspaces are home. */
  readonly enterpriseId: string | undefined
}

type SlackUser = NonNullable<Awaited<ReturnType<WebClient['users']['info']>>['user']>

const STRANGER: Profile = { timeZone: 'UTC', isMember: false, isAdmin: false }

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
  const homes = new WeakMap<WebClient, Promise<Home>>()

  function homeOf(client: WebClient): Promise<Home> {
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
    isMember: async (client, person) => (await profileOf(client, person)).isMember,
    async isAdmin(client, person) {
      const { isMember, isAdmin } = await profileOf(client, person)
      return isMember && (isAdmin || admins.includes(person.userId))
    },
  }
}

async function askHome(client: WebClient): Promise<Home> {
  const {
    team_id: teamId,
    enterprise_id: enterpriseId,
    is_enterprise_install: isOrgWide,
  } = await client.auth.test()
  return isOrgWide === true ? { teamId: undefined, enterpriseId } : { teamId, enterpriseId: undefined }
}

async function askSlack(client: WebClient, person: Person, asked: Promise<Home>): Promise<Profile> {
  const [{ user }, home] = await Promise.all([client.users.info({ user: person.userId }), asked])
  if (user === undefined) throw new Error('Slack answered users.info without a user.')
  return {
    timeZone: user.tz ?? STRANGER.timeZone,
    isMember: isPlainPerson(user) && belongsTo(user, home) && belongsTo(user, person),
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
  !user.is_stranger &&
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
