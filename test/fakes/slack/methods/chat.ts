import { z } from 'zod'
import { Refusal } from '../refusal.ts'
import { nameBlocks, type State, type StoredMessage } from '../state.ts'
import { checkContent } from './content.ts'
import { flag, type Method, readArguments, type Request } from './method.ts'

const target = { channel: z.string().min(1) }
const sent = {
  ...target,
  text: z.unknown().optional(),
  blocks: z.unknown().optional(),
  metadata: z.unknown().optional(),
}
const looks = {
  unfurl_links: flag.optional(),
  unfurl_media: flag.optional(),
  thread_ts: z.string().optional(),
}

/** Slack takes about one message a second in a channel. */
const CHANNEL_PAUSE_MS = 1_000

export const chat: Readonly<Record<string, Method>> = {
  'chat.postMessage': {
    scopes: ['chat:write'],
    run(request) {
      const { state } = request
      const args = readArguments(request, { ...sent, ...looks })
      const channel = channelOf(state, args.channel)
      waitForChannel(state, channel)
      const message = store(request, channel, undefined, args)
      return { channel, ts: message.ts, message: shown(message) }
    },
  },
  'chat.postEphemeral': {
    scopes: ['chat:write'],
    run(request) {
      const args = readArguments(request, { ...sent, user: z.string().min(1), thread_ts: looks.thread_ts })
      const message = store(request, channelOf(request.state, args.channel), args.user, args)
      return { message_ts: message.ts }
    },
  },
  'chat.update': {
    scopes: ['chat:write'],
    run(request) {
      const { state, method } = request
      const args = readArguments(request, { ...sent, ts: z.string().min(1) })
      const message = find(state, args.channel, args.ts)
      const content = checkContent(state, method, args)
      message.text = content.text
      message.blocks = nameBlocks(content.blocks ?? [])
      if (content.metadata !== undefined) message.metadata = content.metadata
      message.edits += 1
      return { channel: message.channel, ts: message.ts, text: message.text, message: shown(message) }
    },
  },
  'chat.delete': {
    scopes: ['chat:write'],
    run(request) {
      const args = readArguments(request, { ...target, ts: z.string().min(1) })
      const message = find(request.state, args.channel, args.ts)
      message.isDeleted = true
      return { channel: message.channel, ts: message.ts }
    },
  },
  'conversations.open': {
    scopes: ['im:write'],
    run(request) {
      const { users } = readArguments(request, { users: z.string().regex(/^[UW][A-Z0-9]+$/) })
      return { channel: { id: channelOf(request.state, users) } }
    },
  },
  'conversations.history': {
    scopes: ['channels:history', 'groups:history', 'im:history'],
    run(request) {
      const args = readArguments(request, {
        ...target,
        limit: z.coerce.number().int().min(1).max(999).default(100),
        oldest: z.string().optional(),
        latest: z.string().optional(),
        cursor: z.string().optional(),
        inclusive: flag.optional(),
        include_all_metadata: flag.optional(),
      })
      const channel = channelOf(request.state, args.channel)
      const isInclusive = args.inclusive === true
      const found = request.state.messages
        .filter((message) => message.channel === channel && message.ephemeralTo === undefined)
        .filter((message) => !message.isDeleted)
        .filter(({ ts }) => args.oldest === undefined || isAfter(ts, args.oldest, isInclusive))
        .filter(({ ts }) => args.latest === undefined || isAfter(args.latest, ts, isInclusive))
        .toReversed()
      const start = Number(args.cursor ?? 0)
      const next = start + args.limit
      const withoutMetadata = args.include_all_metadata !== true
      return {
        messages: found.slice(start, next).map((message) => shown(message, withoutMetadata)),
        has_more: next < found.length,
        response_metadata: { next_cursor: next < found.length ? String(next) : '' },
      }
    },
  },
}

const isAfter = (later: string, earlier: string, isInclusive: boolean): boolean =>
  Number(later) > Number(earlier) || (isInclusive && Number(later) === Number(earlier))

/** Where a message to a person goes: their direct messages with the bot. */
function channelOf({ missingChannels }: State, id: string): string {
  if (missingChannels.has(id)) throw new Refusal('channel_not_found')
  return /^[UW]/.test(id) ? `D${id}` : id
}

function waitForChannel(state: State, channel: string): void {
  if (!state.isRateLimited) return
  const last = state.channelTimes.get(channel) ?? 0
  if (state.now() - last < CHANNEL_PAUSE_MS) throw new Refusal('ratelimited')
  state.channelTimes.set(channel, state.now())
}

function store(
  { state, method, grant }: Request,
  channel: string,
  ephemeralTo: string | undefined,
  args: Readonly<Record<string, unknown>>,
): StoredMessage {
  const content = checkContent(state, method, args)
  const message: StoredMessage = {
    channel,
    ts: state.nextTimestamp(),
    teamId: grant.team.id,
    ephemeralTo,
    text: content.text,
    blocks: nameBlocks(content.blocks ?? []),
    metadata: content.metadata,
    options: Object.fromEntries(Object.entries(args).filter(([name]) => !(name in sent))),
    edits: 0,
    isDeleted: false,
  }
  state.messages.push(message)
  return message
}

function find({ messages }: State, channel: string, ts: string): StoredMessage {
  const message = messages.find((candidate) => candidate.channel === channel && candidate.ts === ts)
  // Nobody but the person who sees it has an ephemeral message.
  if (message === undefined || message.isDeleted || message.ephemeralTo !== undefined) {
    throw new Refusal('message_not_found')
  }
  return message
}

const shown = ({ ts, text, blocks, metadata }: StoredMessage, withoutMetadata = false) => ({
  type: 'message',
  ts,
  text,
  blocks,
  ...(metadata === undefined || withoutMetadata ? {} : { metadata }),
})
