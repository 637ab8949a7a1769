import type { WebClient } from '@slack/web-api'
import type { Logger } from './log.ts'
import type { People, Person } from './services.ts'

/** Long enough to spare Slack the question at each click, short enough that a right that was taken is soon gone. */
const REMEMBERED_FOR_MS = 60_000
const REMEMBERED_MAX = 10_000

interface Profile {
  readonly timeZone: string
  readonly isAdmin: boolean
}

interface Remembered {
  readonly profile: Promise<Profile>
  readonly until: number
}

const STRANGER: Profile = { timeZone: 'UTC', isAdmin: false }

/**
 * Asks Slack about people (`users.info`), once a minute each. Admins are a workspace's admins and owners, and who is
 * named in the settings.
 */
export function askAboutPeople(admins: readonly string[], logger: Logger): People {
  const remembered = new Map<string, Remembered>()

  function profileOf(client: WebClient, person: Person): Promise<Profile> {
    const name = `${person.teamId ?? person.enterpriseId ?? ''}/${person.userId}`
    const known = remembered.get(name)
    if (known && known.until > performance.now()) return known.profile
    if (remembered.size >= REMEMBERED_MAX) remembered.clear()
    const profile = askSlack(client, person.userId)
    remembered.set(name, { profile, until: performance.now() + REMEMBERED_FOR_MS })
    return profile.catch((error: unknown) => {
      logger.warn({ err: error }, 'Slack does not say who somebody is')
      remembered.delete(name)
      return STRANGER
    })
  }

  return {
    timeZone: async (client, person) => (await profileOf(client, person)).timeZone,
    isAdmin: async (client, person) =>
      admins.includes(person.userId) || (await profileOf(client, person)).isAdmin,
  }
}

async function askSlack(client: WebClient, userId: string): Promise<Profile> {
  const { user } = await client.users.info({ user: userId })
  return {
    timeZone: user?.tz ?? STRANGER.timeZone,
    isAdmin: user?.is_admin === true || user?.is_owner === true,
  }
}
