import { createHash } from 'node:crypto'
import type { types } from '@slack/bolt'
import type { CreditLedger } from '../../src/credits.ts'
import type { Person } from '../services.ts'

/** What the homes show that were published, in the table `slack_homes`. */
export interface PublishedHomes {
  /** Whether this was published for the person as the last thing, within so many seconds. */
  isLast(person: Person, fingerprint: string, withinSeconds: number): Promise<boolean>
  note(person: Person, fingerprint: string): Promise<void>
}

export const publishedHomes = ({ database }: CreditLedger): PublishedHomes => ({
  async isLast(person, fingerprint, withinSeconds) {
    const rows = await database.read(
      (sql) => sql`
        select from slack_homes
        where team_id = ${teamOf(person)} and user_id = ${person.userId} and content_hash = ${fingerprint}
          and published_at > clock_timestamp() - make_interval(secs => ${withinSeconds})`,
    )
    return rows.length > 0
  },
  async note(person, fingerprint) {
    await database.sql`
      insert into slack_homes (team_id, user_id, content_hash)
      values (${teamOf(person)}, ${person.userId}, ${fingerprint})
      on conflict (team_id, user_id) do update
      set content_hash = excluded.content_hash, published_at = excluded.published_at`
  },
})

const teamOf = ({ teamId, enterpriseId }: Person): string => teamId ?? enterpriseId ?? ''

/** What a home shows, but the addresses of its pictures: they are signed anew each time. */
export function fingerprintOf(view: types.HomeView): string {
  const content = JSON.stringify(view, (name, value: unknown) => (name === 'image_url' ? undefined : value))
  return createHash('sha256').update(content).digest('base64')
}
