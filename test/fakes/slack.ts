import type { Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { BOT_SCOPES } from '../../bot/manifest.ts'
import type { Calls, Fields } from './slack/calls.ts'
import type { Fault } from './slack/faults.ts'
import { type CheckedMessage, checkMessage } from './slack/limits/surfaces.ts'
import { Person } from './slack/person.ts'
import { addAddress } from './slack/response-urls.ts'
import { Sockets } from './slack/sockets.ts'
import {
  type Profile,
  State,
  type StoredFile,
  type StoredMessage,
  type StoredView,
  type Team,
} from './slack/state.ts'
import { overHttp, postSigned, type Transport } from './slack/transports.ts'
import { webApi } from './slack/web-api.ts'

export type { Call } from './slack/calls.ts'
export { type CheckedMessage, checkMessage } from './slack/limits/surfaces.ts'
export { CLIENT_ID, CLIENT_SECRET } from './slack/methods/oauth.ts'
export type { Interaction } from './slack/interaction.ts'
export type { Person } from './slack/person.ts'
export type { StoredFile, StoredMessage, StoredView } from './slack/state.ts'
export { type PostOptions, postSigned, SIGNING_SECRET } from './slack/transports.ts'

export const BOT_TOKEN = 'xoxb-2222-secret'
export const APP_TOKEN = 'xapp-1-A1-3333-secret'

/** The workspace that BOT_TOKEN belongs to. */
const ACME: Team = { id: 'T01', name: 'Acme', botId: 'B1', botUserId: 'U1BOT' }

export interface PersonOptions {
  admin?: boolean
  owner?: boolean
  guest?: boolean
  bot?: boolean
  stranger?: boolean
  deleted?: boolean
  tz?: string
  name?: string
  /** Default: T01. Empty: they act in no workspace, but in their organisation. */
  team?: string
  /** The organisation, and what they are there. */
  enterprise?: { id: string; isAdmin?: boolean; teams?: string[] }
}

export interface TeamOptions {
  name?: string
  enterpriseId?: string
  /** Whether the organisation has installed the app, not the workspace. */
  orgWide?: boolean
  scopes?: readonly string[]
}

export interface FakeSlack {
  /** For `apiUrl` and `SLACK_API_URL`. */
  apiUrl: string
  /** A new `response_url` for somebody in C1. */
  readonly responseUrl: string
  /** The bot's calls: `calls.next('chat.postMessage')`, `calls.waitFor(…)`, `calls.all()`. */
  calls: Calls
  /** Slack's side of Socket Mode. */
  sockets: Sockets

  /** Where deliveries go from now on: a server's address, or with none the app's socket. */
  deliverTo(serverUrl: string | undefined): void
  /** Somebody in the workspace; the same id is the same person, and new options change what they are. */
  person(id: string, options?: PersonOptions): Person
  /** Leave to open a modal for somebody, as each of their acts brings. */
  trigger(person: Person): string
  /** Makes a token stand for a workspace, and all that were granted to it before. */
  grant(token: string, team: string, options?: TeamOptions): void
  /** Withdraws a token. */
  revoke(token: string): void
  /** Somebody consents to the installation: gives the code that Slack redirects with. */
  approve(team: string, options?: TeamOptions & { by?: string; rotates?: boolean }): string

  /** What the channel's members see, oldest first. */
  messages(channel: string): readonly StoredMessage[]
  /** What only this person sees, oldest first. */
  ephemerals(userId: string): readonly StoredMessage[]
  /** The next message posted to any `response_url`. */
  nextResponse(): Promise<StoredMessage>
  /** A modal as it stands. */
  view(id: string): StoredView
  /** Waits until this holds of a modal, e.g. that it shows what was loaded. */
  viewThat(id: string, holds: (view: StoredView) => boolean): Promise<StoredView>
  /** The person's App Home; undefined until the bot published one. */
  home(userId: string): StoredView | undefined
  files(): readonly StoredFile[]
  /** Whatever the fake knows; awaits what `read` gives. */
  until<Found>(read: () => Found | undefined, what: string): Promise<Found>

  /** What goes wrong with the next calls of a method (or with `response_url`), of those that this holds of. */
  fail(method: string, fault: Fault, options?: { times?: number; of?: (args: Fields) => boolean }): void
  /** Lets all calls succeed again. */
  heal(): void
  /** Moves Slack's clock: triggers expire after 3 s, response_urls after 30 minutes. */
  advance(milliseconds: number): void
  /** Whether a channel takes one message a second only. Default: any number. */
  limitChannels(isLimited: boolean): void
  /** Whether the workspace shows Slack's own charts. Default: it does. */
  showCharts(areShown: boolean): void
  /** A channel that the bot is not in. */
  hideChannel(channel: string): void
  /** What broke Slack's rules, oldest first. Taken, so that a test may break them on purpose. */
  takeViolations(): string[]
  /**
   * For the end of a test.
   *
   * @throws Error where the bot broke one of Slack's rules
   */
  assertNoViolations(): void

  close(): Promise<void>
}

/** Slack's side of the bot, on the loopback. */
export async function startFakeSlack(): Promise<FakeSlack> {
  const state = new State()
  const people = new Map<string, Person>()
  let url = ''
  const http = createAdaptorServer({
    fetch: webApi(state, () => url).fetch,
    overrideGlobalObjects: false,
  }) as Server
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  const sockets = new Sockets(http, state.changes)
  let transport: Transport = () => Promise.reject(new Error('Tell the fake first where to deliver to.'))
  let responsesRead = 0
  /** That have installed the app for all their workspaces. */
  const organisations = new Set<string | undefined>()

  const slack: FakeSlack = {
    apiUrl: `${url}/api/`,
    get responseUrl() {
      const asked = { channel: 'C1', userId: 'U07ABC', teamId: ACME.id, original: undefined }
      return `${url}/response/${addAddress(state, asked)}`
    },
    calls: state.calls,
    sockets,
    deliverTo(serverUrl) {
      transport = serverUrl === undefined ? sockets.transport : overHttp(serverUrl)
    },
    person(id, options) {
      const known = people.get(id)
      if (known !== undefined && options === undefined) return known
      const profile = profileOf(id, options ?? {})
      state.profiles.set(id, profile)
      const person = new Person(profile, () => ({
        state,
        transport,
        baseUrl: url,
        isEnterpriseInstall: profile.enterprise !== undefined && organisations.has(profile.enterprise.id),
      }))
      people.set(id, person)
      return person
    },
    trigger: ({ profile }) => state.trigger(profile.id, profile.teamId),
    grant(token, team, options = {}) {
      if (options.orgWide === true) organisations.add(options.enterpriseId)
      state.grants.set(token, {
        team: teamOf(team, options),
        isEnterpriseInstall: options.orgWide === true,
        scopes: new Set(options.scopes ?? BOT_SCOPES),
      })
    },
    revoke: (token) => void state.grants.delete(token),
    approve(team, options = {}) {
      if (options.orgWide === true) organisations.add(options.enterpriseId)
      const code = state.nextId('code-')
      state.approvals.set(code, {
        team: teamOf(team, options),
        isEnterpriseInstall: options.orgWide === true,
        scopes: new Set(options.scopes ?? BOT_SCOPES),
        userId: options.by ?? 'U1INSTALLER',
        rotates: options.rotates === true,
      })
      return code
    },

    messages: (channel) =>
      state.messages.filter(
        (message) => message.channel === channel && message.ephemeralTo === undefined && !message.isDeleted,
      ),
    ephemerals: (userId) =>
      state.messages.filter((message) => message.ephemeralTo === userId && !message.isDeleted),
    nextResponse() {
      const index = responsesRead++
      return state.changes.until(() => state.responses[index], `message ${index + 1} to a response_url`)
    },
    view(id) {
      const view = state.views.get(id)
      if (view === undefined) throw new Error(`There is no view ${id}.`)
      return view
    },
    viewThat: (id, holds) =>
      state.changes.until(() => {
        const view = state.views.get(id)
        return view !== undefined && holds(view) ? view : undefined
      }, `view ${id} to show what the test describes`),
    home: (userId) => state.homes.get(userId),
    files: () => state.files,
    until: (read, what) => state.changes.until(read, what),

    fail: (method, fault, { times = 1, of = () => true } = {}) => state.faults.plan(method, fault, times, of),
    heal: () => state.faults.clear(),
    advance: (milliseconds) => state.advance(milliseconds),
    limitChannels: (isLimited) => void (state.isRateLimited = isLimited),
    showCharts: (areShown) => void (state.hasCharts = areShown),
    hideChannel: (channel) => void state.missingChannels.add(channel),
    takeViolations: () => state.violations.splice(0),
    assertNoViolations() {
      const violations = slack.takeViolations()
      if (violations.length > 0) throw new Error(`Slack's rules were broken:\n${violations.join('\n')}`)
    },

    async close() {
      sockets.close()
      http.close()
      http.closeAllConnections()
      if (http.listening) await once(http, 'close')
    },
  }
  slack.grant(BOT_TOKEN, ACME.id, { name: ACME.name })
  state.appTokens.add(APP_TOKEN)
  slack.person('U07ABC', { name: 'ada' })
  return slack
}

const teamOf = (id: string, { name = 'Acme', enterpriseId }: TeamOptions): Team => ({
  ...ACME,
  id,
  name,
  enterpriseId,
})

const profileOf = (id: string, options: PersonOptions): Profile => ({
  id,
  teamId: options.team ?? ACME.id,
  name: options.name ?? id.toLowerCase(),
  tz: options.tz,
  isAdmin: options.admin === true,
  isOwner: options.owner === true,
  isBot: options.bot === true,
  isGuest: options.guest === true,
  isDeleted: options.deleted === true,
  isStranger: options.stranger === true,
  enterprise:
    options.enterprise === undefined
      ? undefined
      : {
          id: options.enterprise.id,
          isAdmin: options.enterprise.isAdmin === true,
          teams: options.enterprise.teams ?? [],
        },
})

/** The form that Slack posts for a slash command. */
export function commandForm(text: string, changes: Record<string, string> = {}): string {
  return new URLSearchParams({
    command: '/credits',
    text,
    user_id: 'U07ABC',
    user_name: 'ada',
    team_id: ACME.id,
    team_domain: 'acme',
    channel_id: 'C1',
    channel_name: 'general',
    api_app_id: 'A1',
    trigger_id: '1.2.3',
    response_url: 'http://127.0.0.1:9/none',
    ...changes,
  }).toString()
}

/** Types a command over HTTP and reads the acknowledgement, which must be a message that Slack shows. */
export async function typeCommand(
  serverUrl: string,
  text: string,
  changes: Record<string, string> = {},
): Promise<CheckedMessage> {
  const response = await postSigned(serverUrl, commandForm(text, changes))
  if (response.status !== 200) throw new Error(`Answered ${response.status}: ${await response.text()}`)
  return checkMessage(await response.json())
}
