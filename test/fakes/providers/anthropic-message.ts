import type { Anthropic } from '@anthropic-ai/sdk'
import { z } from 'zod'
import { countTokens, nextTurn, piecesOf, type Script } from '../../../demo/stand-in/script.ts'

export const messageRequest = z.looseObject({
  model: z.string(),
  max_tokens: z.number(),
  stream: z.boolean().optional(),
  system: z.unknown().optional(),
  messages: z.array(z.looseObject({ role: z.string(), content: z.unknown() })).min(1),
  tools: z.array(z.looseObject({ type: z.string().nullish(), name: z.string().optional() })).optional(),
})

export type MessageRequest = z.infer<typeof messageRequest>

/** A search puts about this many tokens of what it found before the model. */
const SEARCH_CONTENT_TOKENS = 1200
/** Of the input, where a request marks something to be cached. */
const CACHED_TOKENS = 64

const SNAPSHOTS: Readonly<Record<string, string>> = {
  'claude-haiku-4-5': 'claude-haiku-4-5-20251001',
  'claude-sonnet-4-5': 'claude-sonnet-4-5-20250929',
}

export const inputTokens = (request: MessageRequest): number =>
  countTokens(JSON.stringify([request.system, request.messages, request.tools]))

/**
 * A whole message: a call of the first function whose name has to do with searching, else text. With a web search
 * tool of the provider it searches twice, once in vain.
 *
 * @param stated is laid over the usage
 */
export function answerMessage(
  request: MessageRequest,
  id: string,
  script: Script,
  stated: object,
): Anthropic.Message {
  const tools = request.tools ?? []
  const searches = tools.some(({ type }) => type?.startsWith('web_search') === true)
  const functions = tools.filter(({ input_schema }) => input_schema !== undefined)
  const turn = nextTurn(
    {
      instructions: JSON.stringify(request.system ?? ''),
      functions: functions.map(({ name }) => name ?? ''),
      hasResult: JSON.stringify(request.messages).includes('"tool_result"'),
    },
    script,
  )
  const called = 'call' in turn
  return {
    id,
    type: 'message',
    role: 'assistant',
    model: SNAPSHOTS[request.model] ?? request.model,
    content: [
      ...(searches ? searchBlocks(id, script) : []),
      called
        ? {
            type: 'tool_use',
            id: id.replace('msg', 'toolu'),
            name: turn.call.name,
            input: JSON.parse(turn.call.arguments) as unknown,
            caller: { type: 'direct' },
          }
        : { type: 'text', text: turn.text, citations: null },
    ],
    stop_reason: called ? 'tool_use' : 'end_turn',
    stop_sequence: null,
    usage: { ...usageOf(request, searches, turn), ...stated },
  } as Anthropic.Message
}

function usageOf(request: MessageRequest, searches: boolean, turn: ReturnType<typeof nextTurn>) {
  const text = JSON.stringify(request)
  const written = text.includes('"cache_control"') ? CACHED_TOKENS : 0
  const forAnHour = text.includes('"ttl":"1h"') ? written / 4 : 0
  return {
    input_tokens: inputTokens(request) + (searches ? SEARCH_CONTENT_TOKENS : 0),
    cache_creation_input_tokens: written,
    cache_creation: {
      ephemeral_5m_input_tokens: written - forAnHour,
      ephemeral_1h_input_tokens: forAnHour,
    },
    cache_read_input_tokens: written * 2,
    output_tokens: countTokens('call' in turn ? turn.call.arguments : turn.text),
    output_tokens_details: null,
    server_tool_use: searches ? { web_search_requests: 1, web_fetch_requests: 0 } : null,
    service_tier: 'standard',
    speed: null,
    inference_geo: 'not_available',
  }
}

/** One search that finds something, and one that is refused and costs nothing. */
const searchBlocks = (id: string, { searchQuery }: Script): unknown[] =>
  [true, false].flatMap((finds, index) => {
    const useId = id.replace('msg', `srvtoolu_${index}`)
    return [
      { type: 'server_tool_use', id: useId, name: 'web_search', input: { query: searchQuery } },
      {
        type: 'web_search_tool_result',
        tool_use_id: useId,
        content: finds
          ? [
              {
                type: 'web_search_result',
                title: 'PostgreSQL 18',
                url: 'https://www.postgresql.org/docs/18/release-18.html',
                encrypted_content: 'x',
                page_age: null,
              },
            ]
          : { type: 'web_search_tool_result_error', error_code: 'unavailable' },
      },
    ]
  })

const SERVER_ERROR = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded.' } }

/** What an overloaded server says in a stream that has begun. */
export const overloadedEvent = (): string => event(SERVER_ERROR)

/** The events of a streamed message. Counts of tokens are sums so far; the last states all of the usage. */
export function messageEvents(message: Anthropic.Message, withUsage: boolean): string[] {
  const { usage } = message
  const started = { ...usage, output_tokens: 1, server_tool_use: null }
  const final = {
    input_tokens: usage.input_tokens,
    cache_creation_input_tokens: usage.cache_creation_input_tokens,
    cache_read_input_tokens: usage.cache_read_input_tokens,
    output_tokens: usage.output_tokens,
    server_tool_use: usage.server_tool_use,
    ...('iterations' in usage ? { iterations: usage.iterations } : {}),
  }
  return [
    event({
      type: 'message_start',
      message: {
        ...message,
        content: [],
        stop_reason: null,
        usage: withUsage ? started : undefined,
      },
    }),
    event({ type: 'ping' }),
    ...message.content.flatMap((block, index) => blockEvents(block, index)),
    ...(withUsage
      ? [
          event({
            type: 'message_delta',
            delta: { stop_reason: null, stop_sequence: null },
            usage: { output_tokens: 2 },
          }),
        ]
      : []),
    event({
      type: 'message_delta',
      delta: { stop_reason: message.stop_reason, stop_sequence: null },
      usage: withUsage ? final : { output_tokens: 0 },
    }),
    event({ type: 'message_stop' }),
  ]
}

function blockEvents(block: Anthropic.ContentBlock, index: number): string[] {
  const deltas = deltasOf(block)
  return [
    event({ type: 'content_block_start', index, content_block: deltas ? begun(block) : block }),
    ...(deltas ?? []).map((delta) => event({ type: 'content_block_delta', index, delta })),
    event({ type: 'content_block_stop', index }),
  ]
}

function deltasOf(block: Anthropic.ContentBlock): object[] | undefined {
  if (block.type === 'text') return piecesOf(block.text).map((text) => ({ type: 'text_delta', text }))
  if (block.type !== 'tool_use' && block.type !== 'server_tool_use') return undefined
  return piecesOf(JSON.stringify(block.input)).map((partial_json) => ({
    type: 'input_json_delta',
    partial_json,
  }))
}

const begun = (block: Anthropic.ContentBlock): object =>
  block.type === 'text' ? { ...block, text: '' } : { ...block, input: {} }

const event = (data: { type: string; [field: string]: unknown }): string =>
  `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`
