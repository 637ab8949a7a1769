import { z } from 'zod'
import { countTokens, nextTurn, piecesOf, type Script, snapshotOf } from './script.ts'

export const responseRequest = z.looseObject({
  model: z.string(),
  input: z.unknown(),
  instructions: z.string().nullish(),
  stream: z.boolean().nullish(),
  background: z.boolean().nullish(),
  tools: z.array(z.looseObject({ type: z.string(), name: z.string().optional() })).optional(),
})

export type ResponseRequest = z.infer<typeof responseRequest>

/** A search puts about this many tokens of what it found before the model. */
const SEARCH_CONTENT_TOKENS = 1200

/**
 * A whole response: a call of a function whose name has to do with searching, else text. With a web search tool the
 * model searches once, and opens one of the pages it found.
 */
export function answerResponse(
  request: ResponseRequest,
  id: string,
  cachedTokens: number,
  script: Script,
  withUsage: boolean,
): Response {
  const searches = request.tools?.some(({ type }) => type.startsWith('web_search')) ?? false
  const functions =
    request.tools?.flatMap(({ type, name }) => (type === 'function' ? (name ?? []) : [])) ?? []
  const turn = nextTurn(
    {
      instructions: request.instructions ?? '',
      functions,
      hasResult: JSON.stringify(request.input ?? null).includes('"function_call_output"'),
    },
    script,
  )
  const input =
    countTokens(JSON.stringify([request.instructions, request.input])) +
    (searches ? SEARCH_CONTENT_TOKENS : 0)
  const output = countTokens('call' in turn ? turn.call.arguments : turn.text)
  return {
    id,
    object: 'response',
    created_at: 1_763_769_600,
    status: 'completed',
    background: request.background === true,
    error: null,
    incomplete_details: null,
    instructions: request.instructions ?? null,
    model: snapshotOf(request.model),
    output: [
      ...(searches ? searchItems(id, script) : []),
      'call' in turn ? functionItem(id, turn.call) : messageItem(id, turn.text),
    ],
    parallel_tool_calls: true,
    previous_response_id: null,
    service_tier: 'default',
    tools: request.tools ?? [],
    usage: withUsage
      ? {
          input_tokens: input,
          input_tokens_details: { cached_tokens: Math.min(cachedTokens, input), cache_write_tokens: 0 },
          output_tokens: output,
          output_tokens_details: { reasoning_tokens: 0 },
          total_tokens: input + output,
        }
      : null,
    metadata: {},
  }
}

export interface Response {
  readonly id: string
  readonly background: boolean
  readonly output: readonly Item[]
  readonly [field: string]: unknown
}

interface Item {
  readonly id: string
  readonly type: string
  /** Of a message. */
  readonly content?: readonly { readonly text: string }[]
  /** Of a call of a function. */
  readonly arguments?: string
  readonly [field: string]: unknown
}

/**
 * The events of a streamed response.
 *
 * @param after leaves out those up to the one of this number
 */
export function responseEvents(response: Response, after = -1): string[] {
  let sequence = 0
  const event = (type: string, fields: object) =>
    `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence++, ...fields })}\n\n`
  const unfinished = { ...response, status: 'in_progress', output: [], usage: null }
  return [
    event('response.created', { response: unfinished }),
    event('response.in_progress', { response: unfinished }),
    ...response.output.flatMap((item, output_index) => [
      event('response.output_item.added', { output_index, item: begun(item) }),
      ...itemEvents(event, item, output_index),
      event('response.output_item.done', { output_index, item }),
    ]),
    event('response.completed', { response }),
  ].slice(after + 1)
}

/** An item as it is when it appears: nothing is written yet. */
const begun = (item: Item): Item => ({
  ...item,
  status: 'in_progress',
  ...(item.content ? { content: [] } : {}),
  ...(item.arguments === undefined ? {} : { arguments: '' }),
})

type WriteEvent = (type: string, fields: object) => string

function itemEvents(event: WriteEvent, item: Item, output_index: number): string[] {
  const at = { output_index, item_id: item.id }
  if (item.type === 'message') return textEvents(event, item.id, item.content?.[0]?.text ?? '', output_index)
  if (item.arguments === undefined) {
    return ['in_progress', 'searching', 'completed'].map((step) =>
      event(`response.web_search_call.${step}`, at),
    )
  }
  return [
    ...piecesOf(item.arguments).map((delta) =>
      event('response.function_call_arguments.delta', { ...at, delta }),
    ),
    event('response.function_call_arguments.done', {
      ...at,
      name: item['name'],
      arguments: item.arguments,
    }),
  ]
}

function textEvents(event: WriteEvent, item_id: string, text: string, output_index: number): string[] {
  const at = { item_id, output_index, content_index: 0 }
  return [
    event('response.content_part.added', { ...at, part: textPart('') }),
    ...piecesOf(text).map((delta) => event('response.output_text.delta', { ...at, delta, logprobs: [] })),
    event('response.output_text.done', { ...at, text, logprobs: [] }),
    event('response.content_part.done', { ...at, part: textPart(text) }),
  ]
}

const textPart = (text: string) => ({ type: 'output_text', text, annotations: [], logprobs: [] })

const messageItem = (id: string, text: string): Item => ({
  id: id.replace('resp', 'msg'),
  type: 'message',
  status: 'completed',
  role: 'assistant',
  content: [textPart(text)],
})

const functionItem = (id: string, call: { name: string; arguments: string }): Item => ({
  id: id.replace('resp', 'fc'),
  type: 'function_call',
  status: 'completed',
  call_id: id.replace('resp', 'call'),
  name: call.name,
  arguments: call.arguments,
})

const searchItems = (id: string, { searchQuery }: Script): Item[] => [
  {
    id: id.replace('resp', 'ws'),
    type: 'web_search_call',
    status: 'completed',
    action: { type: 'search', queries: [searchQuery] },
  },
  {
    id: id.replace('resp', 'ws_open'),
    type: 'web_search_call',
    status: 'completed',
    action: { type: 'open_page', url: 'https://www.postgresql.org/docs/18/release-18.html' },
  },
]
