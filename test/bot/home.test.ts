import type { types } from '@slack/bolt'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { fingerprintOf } from '../../bot/home/published.ts'
import { OPEN_BATCHES_ACTION } from '../../bot/views/batches.ts'
import { COMMAND_ACTION } from '../../bot/views/blocks.ts'
import type { Person } from '../fakes/slack.ts'
import { type Bot, startBot } from './support/bot.ts'
import { shown } from './support/shown.ts'

const publishedTo = ({ slack }: Bot, userId: string): number =>
  slack.calls.all('views.publish').filter(({ args }) => args['user_id'] === userId).length

/** Opens a home that Slack shows already; what comes of it may come after. */
async function openAgain(person: Person): Promise<void> {
  const { acknowledgement } = await person.event({
    type: 'app_home_opened',
    user: person.id,
    channel: `D${person.id}`,
    tab: 'home',
    view: { type: 'home', blocks: [] },
    event_ts: '1.2',
  })
  expect(acknowledgement.status).toBe(200)
}

describe('My Credit', () => {
  let bot: Bot
  let ada: Person
  beforeAll(async () => {
    bot = await startBot({ slack: { settings: { admins: [], addCreditUrl: 'https://acme.example/credit' } } })
    ada = bot.slack.person('U0ADA')
    for (let amount = 1; amount <= 6; amount++) {
      await bot.ledger.grant('slack:T01', {
        type: 'free',
        amount: String(amount),
        expiresIn: `${amount * 10}d`,
      })
    }
    await bot.ledger.charge('slack:T01', { amount: '0.5', category: 'LLM', agent: 'support' })
  })
  afterAll(() => bot.close())

  const published = (userId: string) => publishedTo(bot, userId)

  it('shows the balance, the next five batches and the usage of 30 days', async () => {
    const home = shown((await ada.openHome()).content)
    expect(home).toContain('My Credit: 20.5 credits available')
    expect([...home.matchAll(/Credit Allocated/g)]).toHaveLength(5)
    expect(home).toContain('The next 5 to be spent; there are more.')
    expect(home).toContain('[ Add credit ] (https://acme.example/credit)')
    expect(home).toMatch(/LLM/)
  })

  it('is published again when what it shows has changed', async () => {
    const before = published('U0ADA')
    await bot.ledger.charge('slack:T01', { amount: '1', category: 'WebSearch' })
    await openAgain(ada)
    await vi.waitFor(() => expect(published('U0ADA')).toBe(before + 1))
    expect(shown((await ada.openHome()).content)).toContain('My Credit: 19.5 credits available')
  })

  it('is published again when Slack has lost it', async () => {
    const eve = bot.slack.person('U0EVE')
    await eve.openHome()
    // The bot notes what it published just after Slack has it.
    await vi.waitFor(async () => {
      const { count } = await bot.ledger.database.sql`
        update slack_homes set published_at = published_at - interval '2 minutes' where user_id = 'U0EVE'`
      expect(count).toBe(1)
    })
    await eve.event({
      type: 'app_home_opened',
      user: 'U0EVE',
      channel: 'DU0EVE',
      tab: 'home',
      event_ts: '1.4',
    })
    await vi.waitFor(() => expect(published('U0EVE')).toBe(2))
  })

  it('is tried again at the next opening when Slack refused it', async () => {
    const zoe = bot.slack.person('U0ZOE')
    bot.slack.fail('views.publish', { error: 'internal_error' })
    await openAgain(zoe)
    await vi.waitFor(() => expect(bot.logged('A Slack listener failed')).not.toEqual([]))
    expect(bot.slack.home('U0ZOE')).toBeUndefined()
    expect(shown((await zoe.openHome()).content)).toContain('My Credit')
  })

  it('is not published for people of another company', async () => {
    const mallory = bot.slack.person('U0MAL', { team: 'T09' })
    await mallory.event({
      type: 'app_home_opened',
      user: 'U0MAL',
      channel: 'D9',
      tab: 'home',
      event_ts: '1.5',
    })
    await vi.waitFor(() =>
      expect(bot.logged('Refused an App Home')).toMatchObject([{ userId: 'U0MAL', teamId: 'T09' }]),
    )
    expect(published('U0MAL')).toBe(0)
  })

  it('opens Active Credits, and sends what commands answer as a direct message', async () => {
    const home = await ada.openHome()
    const modal = await (await ada.click(home, OPEN_BATCHES_ACTION)).view()
    expect(shown(modal.content)).toContain('[Active Credits]')
    await ada.click(home, `${COMMAND_ACTION}usage`)
    const sent = await bot.slack.until(() => bot.slack.messages('DU0ADA')[0], 'a direct message')
    expect(sent.text).not.toBe('')
  })
})

describe('My Credit, where there is nothing new to show', () => {
  let bot: Bot
  let ada: Person
  beforeEach(async () => {
    bot = await startBot()
    ada = bot.slack.person('U0ADA')
    await bot.ledger.grant('slack:T01', { type: 'free', amount: '20', expiresIn: '30d' })
    await bot.ledger.charge('slack:T01', { amount: '0.5', category: 'LLM' })
  })
  afterEach(() => bot.close())

  it('is not published again', async () => {
    await ada.openHome()
    await openAgain(ada)
    await openAgain(ada)
    // It ends when all has been done that the openings began.
    await bot.server.stop()
    expect(publishedTo(bot, 'U0ADA')).toBe(1)
  })

  it('is published once when its first opening is delivered again and again', async () => {
    const opening = {
      type: 'app_home_opened',
      user: 'U0ADA',
      channel: 'DU0ADA',
      tab: 'home',
      event_ts: '1.3',
    }
    const first = await ada.event(opening)
    await Promise.all([first.again(), first.again(), first.again()])
    await bot.server.stop()
    expect(publishedTo(bot, 'U0ADA')).toBe(1)
  })

  it('is not published for other tabs', async () => {
    await ada.event({
      type: 'app_home_opened',
      user: 'U0ADA',
      channel: 'DU0ADA',
      tab: 'messages',
      event_ts: '1.5',
    })
    await bot.server.stop()
    expect(publishedTo(bot, 'U0ADA')).toBe(0)
  })
})

describe('the fingerprint of a home', () => {
  const home = (url: string, alt = 'LLM 3'): types.HomeView => ({
    type: 'home',
    blocks: [{ type: 'image', image_url: url, alt_text: alt }],
  })

  it('leaves out the addresses of pictures, which are signed anew each time, and nothing else', () => {
    const fingerprint = fingerprintOf(home('https://acme.example/files/chart.png?expires=1'))
    expect(fingerprintOf(home('https://acme.example/files/chart.png?expires=2'))).toBe(fingerprint)
    expect(fingerprintOf(home('https://acme.example/files/chart.png?expires=1', 'LLM 4'))).not.toBe(
      fingerprint,
    )
  })
})
