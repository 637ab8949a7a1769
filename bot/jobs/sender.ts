import type { webApi } from '@slack/bolt'
import type { Logger } from '../log.ts'
import type { Workspaces } from '../services.ts'
import type { Message } from '../views/blocks.ts'
import { later, type Outcome, refused } from './queue.ts'
import { Pace } from './pace.ts'
import { slackFailure } from './slack-failure.ts'

/** Where a message goes. */
export interface Address {
  readonly teamId: string | undefined
  readonly enterpriseId: string | undefined
  /** A channel's id, or a person's for a direct message. */
  readonly channel: string
}

/** What a message carries, so that it can be found again: that it is ours, and which. */
export interface Mark {
  readonly type: string
  readonly id: string
}

/** A channel that can be posted to. */
export interface Channel {
  readonly client: webApi.WebClient
  readonly id: string
}

/** Direct messages remembered by person. */
const REMEMBERED_MAX = 10_000
const PAGE_LENGTH = 200
/** A message that was sent some seconds ago is not further back, unless a thousand came after it. */
const MOST_PAGES = 5
/** How far Slack's clock may be behind the database's. */
const CLOCK_SKEW_MS = 60_000

/** Posts to channels for jobs: a second apart, and back in line when Slack says so. */
export class Sender {
  private readonly workspaces: Workspaces
  private readonly logger: Logger
  private readonly pace = new Pace()
  private readonly directMessages = new Map<string, string>()

  constructor(workspaces: Workspaces, logger: Logger) {
    this.workspaces = workspaces
    this.logger = logger
  }

  /**
   * Does something in a channel when it is its turn. A refusal of Slack's becomes the job's outcome; what nobody knows
   * the end of is thrown.
   */
  async reach(address: Address, work: (channel: Channel) => Promise<Outcome>): Promise<Outcome> {
    const workspace = await this.workspaces.find(address.teamId, address.enterpriseId)
    if (workspace === undefined) return refused('the app is not installed there')
    const team = address.teamId ?? address.enterpriseId ?? ''
    const waitMs = this.pace.take(team, address.channel)
    if (waitMs > 0) return later(waitMs)
    try {
      const id = await this.channelId(workspace.client, team, address.channel)
      return await work({ client: workspace.client, id })
    } catch (error) {
      const failure = slackFailure(error)
      if (failure.kind === 'refused') return refused(failure.reason)
      if (failure.kind === 'unknown') throw error
      this.pace.pause(team, failure.retryAfterMs)
      return later(failure.retryAfterMs)
    } finally {
      this.pace.done(team, address.channel)
    }
  }

  /** Posts a message that can be found again, and says its `ts`. */
  async post({ client, id }: Channel, message: Message, mark: Mark): Promise<string> {
    const metadata = metadataOf(mark)
    const sent = { channel: id, ...message, metadata, unfurl_links: false, unfurl_media: false }
    const posted = await client.chat.postMessage(sent)
    if (posted.ts === undefined) throw new Error('Slack took a message without saying its ts.')
    return posted.ts
  }

  async update({ client, id }: Channel, ts: string, message: Message, mark: Mark): Promise<void> {
    await client.chat.update({ channel: id, ts, ...message, metadata: metadataOf(mark) })
  }

  /** The `ts` of a message that may have been posted. Undefined also where Slack does not let the bot look. */
  async find({ client, id }: Channel, mark: Mark, since: Date): Promise<string | undefined> {
    const oldest = String((since.getTime() - CLOCK_SKEW_MS) / 1000)
    let cursor: string | undefined
    try {
      for (let page = 0; page < MOST_PAGES; page++) {
        const history = await client.conversations.history({
          channel: id,
          oldest,
          limit: PAGE_LENGTH,
          include_all_metadata: true,
          ...(cursor === undefined ? {} : { cursor }),
        })
        const found = history.messages?.find((message) => hasMark(message.metadata, mark))
        if (found?.ts !== undefined) return found.ts
        cursor = history.response_metadata?.next_cursor
        if (!cursor) return undefined
      }
      return undefined
    } catch (error) {
      const failure = slackFailure(error)
      if (failure.kind !== 'refused') throw error
      // Shown twice is better than not at all.
      this.logger.warn(
        { reason: failure.reason, channel: id },
        'Slack does not let the bot look for its own message',
      )
      return undefined
    }
  }

  /** Slack updates messages by their channel only: a person's has an id of its own. */
  private async channelId(client: webApi.WebClient, team: string, channel: string): Promise<string> {
    if (!/^[UW]/.test(channel)) return channel
    const name = `${team}:${channel}`
    const known = this.directMessages.get(name)
    if (known !== undefined) return known
    const opened = await client.conversations.open({ users: channel })
    const id = opened.channel?.id
    if (id === undefined) throw new Error('Slack opened a direct message without saying its id.')
    if (this.directMessages.size >= REMEMBERED_MAX) this.directMessages.clear()
    this.directMessages.set(name, id)
    return id
  }
}

const metadataOf = ({ type, id }: Mark) => ({ event_type: type, event_payload: { id } })

function hasMark(
  metadata: { event_type?: string; event_payload?: unknown } | undefined,
  mark: Mark,
): boolean {
  const payload = metadata?.event_payload
  return (
    metadata?.event_type === mark.type &&
    typeof payload === 'object' &&
    payload !== null &&
    'id' in payload &&
    payload.id === mark.id
  )
}
