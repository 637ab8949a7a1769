import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createLogger } from '../../../bot/index.ts'
import { manyInstallations } from '../../../bot/installations/installations.ts'
import { InstallationTable } from '../../../bot/installations/store.ts'
import type { CreditLedger } from '../../../src/index.ts'
import { type Bot, startBot } from '../support/bot.ts'
import { ENCRYPTION_KEY, install, OAUTH } from '../support/installing.ts'

/** Ends when so many wait for others' locks. */
const waitForWaiting = ({ database }: CreditLedger, count: number) =>
  vi.waitUntil(
    async () => {
      const rows = await database.sql`
        select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
      return rows.length >= count
    },
    { timeout: 10_000, interval: 20 },
  )

describe('tokens that rotate', () => {
  let bot: Bot
  beforeAll(async () => {
    bot = await startBot({ connection: OAUTH })
  })
  afterAll(() => bot.close())

  /** As another server would see it: what the one that runs remembers does not count. */
  const newServer = () => {
    if (!('oauth' in OAUTH)) throw new Error('OAUTH is for many workspaces.')
    const clientOptions = { slackApiUrl: bot.slack.apiUrl, retryConfig: { retries: 0 } }
    return manyInstallations(OAUTH.oauth, clientOptions, bot.ledger, createLogger('silent'))
  }
  const place = (teamId: string) => ({ enterpriseId: '', teamId, isEnterpriseInstall: false })
  const table = () => new InstallationTable(bot.ledger, ENCRYPTION_KEY)
  const letExpire = (teamId: string, inSeconds: number) =>
    table().change(place(teamId), async (kept) => ({
      ...kept,
      expiresAt: Math.floor(Date.now() / 1000) + inSeconds,
    }))
  const refreshes = () =>
    bot.slack.calls.all('oauth.v2.access').filter((call) => call.args['grant_type'] === 'refresh_token')

  it('are renewed once before they expire, however many servers and requests want them', async () => {
    await install(bot, 'T20', { rotates: true })
    const before = await table().find('T20', undefined)
    await letExpire('T20', 600)
    const servers = [newServer(), newServer(), newServer()]
    const others = Promise.withResolvers<void>()
    bot.slack.fail('oauth.v2.access', { after: others.promise })
    const finding = servers.flatMap(({ workspaces }) => [workspaces.find('T20'), workspaces.find('T20')])
    await waitForWaiting(bot.ledger, servers.length - 1)
    others.resolve()
    const found = await Promise.all(finding)
    expect(refreshes()).toHaveLength(1)
    const after = await table().find('T20', undefined)
    expect(after?.botToken).not.toBe(before?.botToken)
    expect(new Set(found.map((workspace) => workspace?.client.token))).toEqual(new Set([after?.botToken]))
    await expect(found[0]?.client.auth.test()).resolves.toMatchObject({ ok: true, team_id: 'T20' })
  })

  it('are used on while Slack does not renew them, but not once they are over', async () => {
    await install(bot, 'T21', { rotates: true })
    await letExpire('T21', 600)
    bot.slack.fail('oauth.v2.access', { status: 500 }, { times: 2 })
    const still = await newServer().workspaces.find('T21')
    await expect(still?.client.auth.test()).resolves.toMatchObject({ team_id: 'T21' })
    await letExpire('T21', -1)
    await expect(newServer().workspaces.find('T21')).rejects.toThrow('500')
    const renewed = await newServer().workspaces.find('T21')
    await expect(renewed?.client.auth.test()).resolves.toMatchObject({ team_id: 'T21' })
  })

  it('are not asked for where the app is not installed', async () => {
    expect(await newServer().workspaces.find('T99')).toBeUndefined()
    expect(await newServer().workspaces.find(undefined, undefined)).toBeUndefined()
    expect(await newServer().workspaces.find('T20')).toMatchObject({ installedBy: 'U1INSTALLER' })
  })
})
