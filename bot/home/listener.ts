import type { App } from '@slack/bolt'
import type { WebClient } from '@slack/web-api'
import { accountOfPerson } from '../payload-person.ts'
import type { BotServices, Person } from '../services.ts'
import { homeView } from '../views/home.ts'
import { readHome } from './content.ts'
import { fingerprintOf, publishedHomes, type PublishedHomes } from './published.ts'

/** The address of a home's picture lives for a day: what shows it is published anew before. */
const PICTURE_GOOD_FOR_SECONDS = 20 * 60 * 60

/** Slack tells by leaving the view out that it has none; unless this is the first opening delivered twice. */
const TOLD_TWICE_WITHIN_SECONDS = 60

/** Publishes the App Home of who opens it, if it is to show something else than it does. */
export function listenToHome(app: App, services: BotServices): void {
  const published = publishedHomes(services.ledger)
  const takeTurns = inTurn()
  app.event('app_home_opened', async ({ event, body, client, context }) => {
    if (event.tab !== 'home') return
    const person: Person = {
      userId: event.user,
      teamId: body.team_id || undefined,
      enterpriseId: context.enterpriseId,
    }
    if (!(await services.people.isFromHere(client, person))) {
      services.logger.warn({ ...person, reason: 'not of this workspace' }, 'Refused an App Home')
      return
    }
    const goodFor = event.view === undefined ? TOLD_TWICE_WITHIN_SECONDS : PICTURE_GOOD_FOR_SECONDS
    await takeTurns(`${person.teamId ?? person.enterpriseId ?? ''}/${person.userId}`, () =>
      publish(services, published, client, person, goodFor),
    )
  })
}

async function publish(
  services: BotServices,
  published: PublishedHomes,
  client: WebClient,
  person: Person,
  goodForSeconds: number,
): Promise<void> {
  const timeZone = await services.people.timeZone(client, person)
  const content = await readHome(services, accountOfPerson(services, person), timeZone)
  const view = homeView(content, services.settings.addCreditUrl)
  const fingerprint = fingerprintOf(view)
  if (await published.isLast(person, fingerprint, goodForSeconds)) return
  await client.views.publish({ user_id: person.userId, view })
  await published.note(person, fingerprint)
}

/**
 * Has work of the same name wait for its turn, so that what was read first is not published last. Work that comes
 * while other work waits already is left out: that will read what this would.
 */
function inTurn(): (name: string, work: () => Promise<void>) => Promise<void> {
  const running = new Map<string, Promise<void>>()
  const waiting = new Set<string>()
  return async (name, work) => {
    if (waiting.has(name)) return
    const before = running.get(name)
    if (before !== undefined) {
      waiting.add(name)
      // Its failure is told to who began it.
      await before.catch(() => {})
      waiting.delete(name)
    }
    const turn = work()
    running.set(name, turn)
    try {
      await turn
    } finally {
      if (running.get(name) === turn) running.delete(name)
    }
  }
}
