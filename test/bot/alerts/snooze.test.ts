import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { StoredMessage } from '../../fakes/slack.ts'
import { type Bot, startBot } from '../support/bot.ts'
import { Episode } from './support/episodes.ts'

const ACCOUNT = 'slack:T01'
const SNOOZE = 'alert_snooze'

let bot: Bot
let episode: Episode
let shown: StoredMessage

beforeEach(async () => {
  bot = await startBot({ slack: { settings: { admins: [], adminChannel: 'CADMIN' } } })
  bot.slack.person('U1ADMIN', { admin: true })
  bot.slack.person('U2', {})
  await bot.ledger.grant(ACCOUNT, { type: 'free', amount: '5', key: 'first' })
  episode = await Episode.begin(bot.ledger, ACCOUNT)
  shown = await bot.slack.until(() => bot.slack.messages('CADMIN')[0], 'the alert')
})

afterEach(() => bot.close())

const snoozedUntil = async () => (await bot.ledger.readAlert(ACCOUNT, episode.id)).snoozedUntil
const until = (condition: () => boolean) => vi.waitUntil(condition, { timeout: 10_000, interval: 20 })

describe('Snooze', () => {
  it.each([
    ['1h', 3_600_000],
    ['1d', 86_400_000],
    ['7d', 7 * 86_400_000],
  ])('keeps an alert quiet for %s, and its message says so', async (value, length) => {
    await bot.slack.person('U1ADMIN').click(shown, SNOOZE, { value })
    await until(() => shown.edits > 0)

    const at = await snoozedUntil()
    expect(Math.abs((at?.getTime() ?? 0) - Date.now() - length)).toBeLessThan(30_000)
    expect(JSON.stringify(shown.blocks)).toContain('snoozed until')
    expect(bot.slack.messages('CADMIN')).toHaveLength(1)
  })

  it('is refused to who is no admin, and for accounts of elsewhere; that is logged', async () => {
    await bot.ledger.grant('slack:T02', { type: 'free', amount: '5', key: 'first' })
    const elsewhere = await Episode.begin(bot.ledger, 'slack:T02')
    const ofElsewhere = await bot.slack.until(() => bot.slack.messages('CADMIN')[1], 'the other alert')
    await bot.slack.person('U2').click(shown, SNOOZE, { value: '1h' })
    await until(() => bot.slack.ephemerals('U2').length === 1)
    await bot.slack.person('U1ADMIN').click(ofElsewhere, SNOOZE, { value: '1h' })
    await until(() => bot.slack.ephemerals('U1ADMIN').length === 1)

    expect(await snoozedUntil()).toBeNull()
    expect((await bot.ledger.readAlert('slack:T02', elsewhere.id)).snoozedUntil).toBeNull()
    expect(bot.slack.ephemerals('U2')[0]?.text).toContain('Only admins')
    expect(bot.logged('Refused an admin action').map(({ userId, reason }) => [userId, reason])).toEqual([
      ['U2', 'no admin'],
      ['U1ADMIN', "someone else's"],
    ])
  })

  it('says so where the alert is over by then', async () => {
    const before = { ...shown }
    await episode.change({ isOver: true })
    await until(() => shown.edits > 0)
    await bot.slack.person('U1ADMIN').click(before, SNOOZE, { value: '1h' })
    await until(() => bot.slack.ephemerals('U1ADMIN').length === 1)

    expect(bot.slack.ephemerals('U1ADMIN')[0]?.text).toContain('over already')
  })
})
