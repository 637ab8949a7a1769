import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createLogger } from '../../../bot/index.ts'
import { manyInstallations } from '../../../bot/installations/installations.ts'
import { BOT_SCOPES } from '../../../bot/manifest.ts'
import { type Bot, startBot } from '../support/bot.ts'
import { comeBack, install, OAUTH, visitInstall } from '../support/installing.ts'

interface Stored {
  enterprise_id: string
  team_id: string
  is_enterprise_install: boolean
  sealed: string
  installed_by: string
}

const NOT_INSTALLED = 'Credits is not installed here (any more)'

describe('an app for any workspace', () => {
  let bot: Bot
  beforeAll(async () => {
    bot = await startBot({ connection: OAUTH })
  })
  afterAll(() => bot.close())

  const stored = () =>
    bot.ledger.database.sql<Stored[]>`select * from slack_installations order by enterprise_id, team_id`

  it('sends who installs it to Slack, with what it asks for, and is ready without a token', async () => {
    const { address, cookie } = await visitInstall(bot)
    expect(address.origin + address.pathname).toBe('https://slack.com/oauth/v2/authorize')
    expect(address.searchParams.get('scope')?.split(',')).toEqual([...BOT_SCOPES])
    expect(address.searchParams.get('redirect_uri')).toBe('https://credits.example.com/slack/oauth_redirect')
    expect(cookie).toContain(address.searchParams.get('state'))
    await vi.waitFor(async () =>
      expect(await bot.readyz()).toMatchObject({ status: 200, report: { slack: { status: 'installable' } } }),
    )
  })

  it('serves a workspace from its installation on, and keeps the token encrypted', async () => {
    const ada = bot.slack.person('U2', { team: 'T02' })
    await bot.ledger.grant('slack:T02', { type: 'paid', amount: '5' })
    expect((await ada.command('/credits')).text).toContain(NOT_INSTALLED)
    await install(bot, 'T02', { by: 'U2' })
    expect((await ada.command('/credits')).text).toContain('5 credits available')
    const [row] = await stored()
    expect(row).toMatchObject({ enterprise_id: '', team_id: 'T02', installed_by: 'U2' })
    expect(row?.sealed).toMatch(/^v1\./)
    expect(Buffer.from(row?.sealed.slice(3) ?? '', 'base64').toString('latin1')).not.toContain('xoxb')
    expect(bot.logged('The app was installed')).toMatchObject([{ teamId: 'T02', installedBy: 'U2' }])
    expect(JSON.stringify(bot.loggedLines())).not.toContain('xoxb-')
  })

  it('lets each workspace see its own account', async () => {
    await install(bot, 'T03')
    await bot.ledger.grant('slack:T03', { type: 'free', amount: '3' })
    expect((await bot.slack.person('U3', { team: 'T03' }).command('/credits')).text).toContain('3 credits')
    expect((await bot.slack.person('U2').command('/credits')).text).toContain('5 credits available')
  })

  it.each([
    ['without the state', (code: string) => `code=${code}`],
    ['with a state of somebody else', (code: string) => `code=${code}&state=eyJhbGciOiJIUzI1NiJ9.e30.x`],
    ['when the person cancelled', () => 'error=access_denied'],
  ])('is not installed %s', async (_, query) => {
    const before = (await stored()).length
    const { cookie } = await visitInstall(bot)
    const code = bot.slack.approve('T09')
    const response = await fetch(`${bot.server.url}/slack/oauth_redirect?${query(code)}`, {
      headers: { cookie },
    })
    expect(response.status).toBeGreaterThanOrEqual(400)
    expect(await stored()).toHaveLength(before)
  })

  it('is not installed by whoever has only the address that another was sent to', async () => {
    const visit = await visitInstall(bot)
    const stolen = await comeBack(bot, bot.slack.approve('T09'), { ...visit, cookie: '' })
    expect(stolen.status).toBeGreaterThanOrEqual(400)
    const used = bot.slack.approve('T08')
    expect((await comeBack(bot, used, visit)).status).toBe(200)
    expect((await comeBack(bot, used, visit)).status).toBeGreaterThanOrEqual(400)
  })

  it('serves all workspaces of an organisation that installed it, and payloads that name none', async () => {
    await install(bot, 'T10', { enterpriseId: 'E1', orgWide: true })
    await bot.ledger.grant('slack:T11', { type: 'paid', amount: '11' })
    await bot.ledger.grant('slack:E1', { type: 'paid', amount: '1' })
    const enterprise = { id: 'E1' }
    const inTeam = bot.slack.person('U11', { team: 'T11', enterprise })
    const outside = bot.slack.person('U12', { team: '', enterprise })
    expect((await inTeam.command('/credits')).text).toContain('11 credits available')
    expect((await outside.command('/credits')).text).toContain('1 credit available')
    expect(await stored()).toContainEqual(
      expect.objectContaining({ enterprise_id: 'E1', team_id: '', is_enterprise_install: true }),
    )
    const stranger = bot.slack.person('U13', { team: 'T13', enterprise: { id: 'E2' } })
    expect((await stranger.command('/credits')).text).toContain(NOT_INSTALLED)
  })

  it('finds the organisation of a workspace for what the bot begins by itself', async () => {
    if (!('oauth' in OAUTH)) throw new Error('OAUTH is for many workspaces.')
    const clientOptions = { slackApiUrl: bot.slack.apiUrl }
    const { workspaces } = manyInstallations(OAUTH.oauth, clientOptions, bot.ledger, createLogger('silent'))
    const found = await Promise.all([workspaces.find('T11'), workspaces.find('T11')])
    expect(found).toMatchObject([{ teamId: 'T11', installedBy: 'U1INSTALLER' }, { teamId: 'T11' }])
    await expect(found[0]?.client.auth.test()).resolves.toMatchObject({ enterprise_id: 'E1' })
    expect(await workspaces.find('T13')).toBeUndefined()
    expect(bot.slack.calls.all('auth.teams.list')).toHaveLength(1)
  })

  it('finds the organisation of a workspace beside one whose token Slack refuses', async () => {
    if (!('oauth' in OAUTH)) throw new Error('OAUTH is for many workspaces.')
    await install(bot, 'T14', { enterpriseId: 'E4', orgWide: true })
    const clientOptions = { slackApiUrl: bot.slack.apiUrl }
    const { workspaces } = manyInstallations(OAUTH.oauth, clientOptions, bot.ledger, createLogger('silent'))
    // The newest is asked first.
    bot.slack.fail('auth.teams.list', { error: 'token_revoked' })
    expect(await workspaces.find('T11')).toMatchObject({ teamId: 'T11' })
    bot.slack.fail('auth.teams.list', { error: 'token_revoked' })
    await expect(workspaces.find('T15')).rejects.toThrow('token_revoked')
  })

  it('is gone with its tokens when Slack says so, but not when that comes after a new installation', async () => {
    const ada = bot.slack.person('U3')
    await bot.ledger.database.sql`
      update slack_installations set installed_at = clock_timestamp() - interval '1 hour' where team_id = 'T03'`
    const uninstalled = await ada.event({ type: 'app_uninstalled' })
    await vi.waitFor(async () => expect((await stored()).map((row) => row.team_id)).not.toContain('T03'))
    expect((await ada.command('/credits')).text).toContain(NOT_INSTALLED)

    await install(bot, 'T03')
    // Clocks differ by a few seconds, so an installation counts as newer only after these.
    await bot.ledger.database.sql`
      update slack_installations set installed_at = clock_timestamp() + interval '1 minute' where team_id = 'T03'`
    await uninstalled.again()
    await vi.waitFor(() => expect(bot.logged('The app was uninstalled')).toHaveLength(2))
    expect((await ada.command('/credits')).text).toContain('3 credits available')
  })

  it('is gone from all workspaces of an organisation that uninstalled it', async () => {
    const outside = bot.slack.person('U12')
    await outside.event({ type: 'app_uninstalled' })
    await vi.waitFor(async () => expect((await stored()).map((row) => row.enterprise_id)).not.toContain('E1'))
    expect((await bot.slack.person('U11').command('/credits')).text).toContain(NOT_INSTALLED)
    expect((await stored()).map((row) => row.team_id)).toContain('T02')
  })

  it('keeps an installation when only a person’s token was revoked', async () => {
    const ada = bot.slack.person('U2')
    await ada.event({ type: 'tokens_revoked', tokens: { oauth: ['U2'], bot: [] } })
    expect((await ada.command('/credits')).text).toContain('5 credits available')
    await ada.event({ type: 'tokens_revoked', tokens: { bot: ['U1BOT'] } })
    await vi.waitFor(async () => expect((await stored()).map((row) => row.team_id)).not.toContain('T02'))
    expect((await ada.command('/credits')).text).toContain(NOT_INSTALLED)
  })
})
