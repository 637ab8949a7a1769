import { WebClient } from '@slack/web-api'
import { Hono } from 'hono'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createLogger } from '../../../bot/index.ts'
import { askAboutPeople } from '../../../bot/people.ts'
import type { Person } from '../../../bot/services.ts'
import { type LoopbackServer, serveOnLoopback } from '../../../demo/loopback.ts'

/** What Slack says of a plain admin of workspace T01. */
const ADMIN = { id: 'U1', team_id: 'T01', tz: 'Europe/Berlin', is_admin: true }

const HERE: Person = { userId: 'U1', teamId: 'T01', enterpriseId: undefined }
const IN_ORGANISATION: Person = { ...HERE, enterpriseId: 'E1' }
const OF_ORGANISATION: Person = { ...IN_ORGANISATION, teamId: undefined }

/** What Slack says of a token of the whole organisation. */
const ORG_WIDE = { team_id: 'T01', enterprise_id: 'E1', is_enterprise_install: true }

describe('people', () => {
  let slack: LoopbackServer
  let client: WebClient
  let asked = 0
  let answer: object | number
  /** Whose the bot's token is. */
  let home: object

  beforeAll(async () => {
    const app = new Hono()
    app.post('/auth.test', (c) => c.json({ ok: true, ...home }))
    app.post('/users.info', (c) => {
      asked += 1
      return typeof answer === 'number' ? c.body(null, answer as 500) : c.json(answer)
    })
    slack = await serveOnLoopback(app)
  })
  afterAll(() => slack.close())
  beforeEach(() => {
    client = new WebClient('xoxb-1', { slackApiUrl: `${slack.url}/`, retryConfig: { retries: 0 } })
    home = { team_id: 'T01' }
    asked = 0
  })

  const lines: string[] = []
  const ask = (admins: readonly string[] = []) =>
    askAboutPeople(admins, createLogger('debug', { write: (line) => void lines.push(line) }))
  const says = (user: object) => {
    answer = { ok: true, user }
  }

  it.each<[string, object, Person]>([
    ['an admin', {}, HERE],
    ['an owner', { is_admin: false, is_owner: true }, HERE],
    ['an admin whose own workspace is another of the organisation', { team_id: 'T02', teams: ['T01'] }, HERE],
    [
      'the same, said otherwise',
      { team_id: 'T02', enterprise_user: { enterprise_id: 'E1', teams: ['T02', 'T01'] } },
      IN_ORGANISATION,
    ],
    [
      "an organisation's admin",
      { is_admin: false, enterprise_user: { enterprise_id: 'E1', is_admin: true } },
      OF_ORGANISATION,
    ],
  ])('lets %s act', async (_, changes, person) => {
    if (person === OF_ORGANISATION) home = ORG_WIDE
    says({ ...ADMIN, ...changes })
    expect(await ask().isAdmin(client, person)).toBe(true)
    expect(await ask().isMember(client, person)).toBe(true)
  })

  it.each<[string, object, Person]>([
    ['deleted', { deleted: true }, HERE],
    ['a bot', { is_bot: true }, HERE],
    ['a guest of several channels', { is_restricted: true }, HERE],
    ['a guest of one channel', { is_ultra_restricted: true }, HERE],
    ['a stranger in a shared channel', { is_stranger: true }, HERE],
    ['of another workspace', { team_id: 'T02' }, HERE],
    ['of another workspace, in a channel shared with it', { team_id: 'T02' }, { ...HERE, teamId: 'T02' }],
    ['of no workspace that Slack names', { team_id: undefined }, HERE],
    [
      'of another organisation',
      { enterprise_user: { enterprise_id: 'E2', is_admin: true } },
      OF_ORGANISATION,
    ],
  ])('lets nobody act who is %s, not even one who is named in the settings', async (_, changes, person) => {
    if (person === OF_ORGANISATION) home = ORG_WIDE
    says({ ...ADMIN, ...changes })
    expect(await ask(['U1']).isAdmin(client, person)).toBe(false)
    expect(await ask(['U1']).isMember(client, person)).toBe(false)
  })

  it('tells who is of the workspace, be it as a guest, from people of other companies', async () => {
    says({ ...ADMIN, is_restricted: true })
    expect(await ask().isFromHere(client, HERE)).toBe(true)
    expect(await ask().isMember(client, HERE)).toBe(false)
    says({ ...ADMIN, is_stranger: true })
    expect(await ask().isFromHere(client, HERE)).toBe(false)
    says({ ...ADMIN, team_id: 'T02' })
    expect(await ask().isFromHere(client, HERE)).toBe(false)
    answer = 500
    expect(await ask().isFromHere(client, HERE)).toBe(false)
  })

  it("knows the token's own workspace, and the others of its organisation", async () => {
    const elsewhere = { ...HERE, teamId: 'T02' }
    expect(await ask().worksHere(client, HERE)).toBe(true)
    expect(await ask().worksHere(client, elsewhere)).toBe(false)
    client = new WebClient('xoxb-1', { slackApiUrl: `${slack.url}/`, retryConfig: { retries: 0 } })
    home = { team_id: 'T01', enterprise_id: 'E1' }
    expect(await ask().worksHere(client, { ...elsewhere, enterpriseId: 'E1' })).toBe(true)
    home = ORG_WIDE
    expect(await ask().worksHere(client, { ...elsewhere, enterpriseId: 'E2' })).toBe(false)
  })

  it("takes a workspace's admin for none of its organisation", async () => {
    home = ORG_WIDE
    says({ ...ADMIN, enterprise_user: { enterprise_id: 'E1', is_admin: false } })
    expect(await ask().isAdmin(client, OF_ORGANISATION)).toBe(false)
  })

  it('lets members act who are named in the settings, and no others', async () => {
    says({ ...ADMIN, is_admin: false })
    expect(await ask(['U1']).isAdmin(client, HERE)).toBe(true)
    expect(await ask(['U2']).isAdmin(client, HERE)).toBe(false)
  })

  it('asks once for many questions at once, and keeps workspaces apart', async () => {
    says(ADMIN)
    const people = ask()
    const answers = await Promise.all(Array.from({ length: 20 }, () => people.isAdmin(client, HERE)))
    expect(answers.every(Boolean)).toBe(true)
    expect(await people.timeZone(client, HERE)).toBe('Europe/Berlin')
    expect(asked).toBe(1)
    expect(await people.isAdmin(client, { ...HERE, teamId: 'T02' })).toBe(false)
    expect(asked).toBe(2)
  })

  it('asks again after a minute, so that a right that was taken is gone', async () => {
    says(ADMIN)
    let now = 0
    const people = askAboutPeople([], createLogger('silent'), () => now)
    expect(await people.isAdmin(client, HERE)).toBe(true)
    says({ ...ADMIN, is_admin: false })
    now = 59_999
    expect(await people.isAdmin(client, HERE)).toBe(true)
    now = 60_000
    expect(await people.isAdmin(client, HERE)).toBe(false)
  })

  it.each<[string, object | number]>([
    ['refuses to say', { ok: false, error: 'user_not_found' }],
    ['fails', 500],
    ['names nobody', { ok: true }],
  ])('guesses no right where Slack %s, and asks again', async (_, failure) => {
    answer = failure
    const people = ask(['U1'])
    expect(await people.isAdmin(client, HERE)).toBe(false)
    expect(await people.timeZone(client, HERE)).toBe('UTC')
    says(ADMIN)
    expect(await people.isAdmin(client, HERE)).toBe(true)
  })
})
