import type { WebClient } from '@slack/web-api'
import type { CreditLedger } from '../src/credits.ts'
import type { AccountOf } from './accounts.ts'
import type { AdminRequest } from './admin/request.ts'
import type { Logger } from './log.ts'
import type { Sheet } from './views/admin/sheet.ts'
import type { Message } from './views/blocks.ts'

/** What the bot's commands, buttons, views and jobs are built on. */
export interface BotServices {
  readonly ledger: CreditLedger
  readonly logger: Logger
  /** Which account a person sees and spends from. */
  readonly accountOf: AccountOf
  readonly settings: BotSettings
  readonly people: People
  readonly workspaces: Workspaces
  /** Undefined without a public address: then nothing links to files of ours. */
  readonly links: Links | undefined
  readonly audits: Audits
}

/** The admin channel's record of what admins do; nothing where there is no such channel. */
export interface Audits {
  /** To be called before it is done: it is told then also where the server ends before `tell`. */
  expect(request: AdminRequest, person: Person): Promise<void>
  /** Queues the message. The same request is told once. */
  tell(request: AdminRequest, person: Person, sheet: Sheet): Promise<void>
}

export interface BotSettings {
  /** Where people buy credit; without it there is no such button. */
  readonly addCreditUrl?: string | undefined
  /** Slack ids of people who are admins besides the workspace's own. */
  readonly admins: readonly string[]
  /** The channel for audit messages and alerts, in each workspace that has it. */
  readonly adminChannel?: string | undefined
}

/** Somebody in Slack, as payloads name them. An org-wide installation may name the organisation only. */
export interface Person {
  readonly userId: string
  readonly teamId: string | undefined
  readonly enterpriseId: string | undefined
}

/** What Slack says of people, remembered for a while. */
export interface People {
  /** IANA name; `UTC` where Slack does not tell. */
  timeZone(client: WebClient, person: Person): Promise<string>
  /**
   * Whether the workspace that a payload names is the one of the bot's token, or of the same organisation. Says nothing
   * of the person.
   *
   * @throws what the client throws
   */
  worksHere(client: WebClient, person: Person): Promise<boolean>
  /** Whether they are of the workspace they act in, be it as a guest. False where Slack does not tell. */
  isFromHere(client: WebClient, person: Person): Promise<boolean>
  /** Whether they are a full member: no guest, no bot, nobody of another company. False where Slack does not tell. */
  isMember(client: WebClient, person: Person): Promise<boolean>
  /** Whether they may act for others. False where Slack does not tell: a right is never guessed. */
  isAdmin(client: WebClient, person: Person): Promise<boolean>
}

/** A workspace, or an organisation, that has installed the app. */
export interface Workspace {
  readonly teamId: string | undefined
  readonly enterpriseId: string | undefined
  /** Who installed it; undefined for the one whose token is in the settings. */
  readonly installedBy: string | undefined
  /** Acts as the bot there. It tries each call once: a post that is tried again unasked may be seen twice. */
  readonly client: WebClient
}

export interface Workspaces {
  /** Undefined where the app is not installed (any more). Without a team: the one of the token in the settings. */
  find(teamId: string | undefined, enterpriseId?: string): Promise<Workspace | undefined>
}

/** Signed addresses of files: a chart, a list of charges. */
export interface Links {
  /** @example links.sign('/files/charges.csv', { account: 'acme' }, 3_600_000) */
  sign(path: string, parameters: Readonly<Record<string, string>>, lifetimeMs: number): string
}

/** Work that outlives a request, and a crash. */
export interface Jobs {
  /** Posts a message, if need be later and again. The same key is posted once. */
  postMessage(post: ChannelPost): Promise<void>
  state(): JobsState
  /** Stops taking work, and ends when what runs has ended. What is left waits for the next start. */
  stop(): Promise<void>
}

export interface JobsState {
  /** `failed`: the reason is why they could not start; they go on trying. */
  readonly status: 'starting' | 'ready' | 'failed'
  readonly reason: string | undefined
  /** As last counted, a few seconds ago; those of all servers. */
  readonly queues: readonly QueueState[]
  /** Jobs that this process saw given up. */
  readonly givenUp: number
}

export interface QueueState {
  readonly name: string
  /** Jobs that could run now; that wait for their time; that run; that were given up within a week. */
  readonly ready: number
  readonly deferred: number
  readonly active: number
  readonly failed: number
}

export interface ChannelPost {
  readonly key: string
  readonly teamId: string | undefined
  readonly enterpriseId: string | undefined
  /** A channel's id, or a person's for a direct message. */
  readonly channel: string
  readonly message: Message
}
