import { randomUUID } from 'node:crypto'
import { Calls, type Fields } from './calls.ts'
import { Changes } from './changes.ts'
import { Faults } from './faults.ts'
import type { MessageBlock, ViewBlock } from './limits/blocks.ts'
import type { CheckedView } from './limits/surfaces.ts'

export interface Team {
  readonly id: string
  readonly name: string
  readonly enterpriseId?: string | undefined
  readonly botId: string
  readonly botUserId: string
}

/** What a bot token stands for. */
export interface Grant {
  readonly team: Team
  readonly isEnterpriseInstall: boolean
  readonly scopes: ReadonlySet<string>
}

export interface Profile {
  readonly id: string
  readonly teamId: string
  readonly name: string
  readonly tz: string | undefined
  readonly isAdmin: boolean
  readonly isOwner: boolean
  readonly isBot: boolean
  readonly isGuest: boolean
  readonly isDeleted: boolean
  /** Of another company, in a shared channel. */
  readonly isStranger: boolean
  /** What they are in the organisation of their workspace. */
  readonly enterprise:
    | { readonly id: string; readonly isAdmin: boolean; readonly teams: readonly string[] }
    | undefined
}

export interface StoredMessage {
  readonly channel: string
  readonly ts: string
  readonly teamId: string
  /** Whom alone Slack shows it. */
  readonly ephemeralTo: string | undefined
  text: string
  blocks: readonly MessageBlock[]
  metadata: { event_type: string; event_payload: Fields } | undefined
  /** What else the bot asked for, e.g. `unfurl_links`. */
  options: Fields
  edits: number
  isDeleted: boolean
}

export interface StoredView {
  readonly id: string
  readonly teamId: string
  readonly userId: string
  readonly rootId: string
  readonly previousId: string | undefined
  /** The interaction whose trigger opened it. */
  readonly triggerId: string | undefined
  hash: string
  content: CheckedView
  /** What the bot found wrong with what was submitted, by block id. */
  errors: Readonly<Record<string, string>>
  isOpen: boolean
  updates: number
}

export interface Trigger {
  readonly userId: string
  readonly teamId: string
  readonly at: number
  isUsed: boolean
}

export interface ResponseAddress {
  readonly at: number
  readonly channel: string
  readonly userId: string
  readonly teamId: string
  /** The message whose button was clicked, which an answer may replace. */
  readonly original: StoredMessage | undefined
  /** Posted here, oldest first. */
  readonly answers: StoredMessage[]
  uses: number
}

/** Somebody's consent to install the app, which a code or a refresh token stands for. */
export interface Approval extends Grant {
  readonly userId: string
  /** Whether tokens expire and are refreshed. */
  readonly rotates: boolean
}

export interface StoredFile {
  readonly id: string
  readonly name: string
  /** What the app said that it would upload. */
  readonly length: number
  content: Buffer | undefined
  /** Where it was shared; undefined until then. */
  channel: string | undefined
  title: string | undefined
}

/** All that the fake Slack knows. */
export class State {
  readonly changes = new Changes()
  readonly calls = new Calls(this.changes)
  readonly faults = new Faults()
  readonly grants = new Map<string, Grant>()
  readonly profiles = new Map<string, Profile>()
  readonly messages: StoredMessage[] = []
  readonly views = new Map<string, StoredView>()
  readonly homes = new Map<string, StoredView>()
  readonly triggers = new Map<string, Trigger>()
  readonly addresses = new Map<string, ResponseAddress>()
  /** Answers to any `response_url`, oldest first. */
  readonly responses: StoredMessage[] = []
  readonly missingChannels = new Set<string>()
  readonly files: StoredFile[] = []
  /** When each channel was last posted to. */
  readonly channelTimes = new Map<string, number>()
  readonly appTokens = new Set<string>()
  readonly approvals = new Map<string, Approval>()
  readonly refreshTokens = new Map<string, Approval>()
  violations: string[] = []
  /** Workspaces without it refuse Slack's own charts. */
  hasCharts = true
  /** Whether a channel takes one message a second only. */
  isRateLimited = false
  private clockOffsetMs = 0
  private counter = 0

  now(): number {
    return Date.now() + this.clockOffsetMs
  }

  advance(milliseconds: number): void {
    this.clockOffsetMs += milliseconds
  }

  /** A breach of Slack's rules that a test must hear of. */
  violate(what: string): void {
    this.violations.push(what)
  }

  nextId(prefix: string): string {
    this.counter += 1
    return `${prefix}${this.counter.toString().padStart(8, '0')}`
  }

  nextTimestamp(): string {
    this.counter += 1
    return `${Math.floor(this.now() / 1000)}.${this.counter.toString().padStart(6, '0')}`
  }

  nextHash(): string {
    return `${Math.floor(this.now() / 1000)}.${randomUUID().slice(0, 8)}`
  }

  trigger(userId: string, teamId: string): string {
    const id = `${this.nextId('')}.${randomUUID().replaceAll('-', '')}`
    this.triggers.set(id, { userId, teamId, at: this.now(), isUsed: false })
    return id
  }
}

/** Slack names each block that the app did not name. */
export const nameBlocks = <Block extends MessageBlock | ViewBlock>(blocks: readonly Block[]): Block[] =>
  blocks.map((block) => ({ ...block, block_id: block.block_id ?? randomUUID().slice(0, 5) }))
