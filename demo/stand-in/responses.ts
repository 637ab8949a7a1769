import { z } from 'zod'
import { countTokens, nextTurn, piecesOf, type Script, snapshotOf } from './script.ts'

export const responseRequest = z.looseObject({
  model: z.string(),
  input: z.unknown(),
  instructions: z.string().nullish(),
  stream: z.boolean().nullish(),
  tools: z.array(z.looseObject({ type: z.string(), name: z.string().optional() })).optional(),
})

export type ResponseRequest = z.infer<typeof responseRequest>

/** A search puts about this many tokens of what it found before the model. */
const SEARCH_CONTENT_TOKENS = 1200

/** A whole response. With a web search tool the model searches once, and opens one of the pages it found. */
export function answerResponse(
  request: ResponseRequest,
  id: string,
  cachedTokens: number,
  script: Script,
  withUsage: boolean,
): Response {
  const searches = request.tools?.some(({ type }) => type.startsWith('web_search')) ?? false
  const turn = nextTurn({ instructions: request.instructions ?? '', functions: [], hasResult: false }, script)
  const input =
    countTokens(JSON.stringify([request.instructions, request.input])) +
    (searches ? SEARCH_CONTENT_TOKENS : 0)
  const output = countTokens(turn.text)
  return {
    id,
    object: 'response',
    created_at: 1_763_769_600,
    status: 'completed',
    background: false,
    error: null,
    incomplete_details: null,
    instructions: request.instructions ?? null,
    model: snapshotOf(request.model),
    output: [...(searches ? searchItems(id, script) : []), messageItem(id, turn.text)],
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

interface Response {
  readonly id: string
  readonly output: readonly Item[]
  readonly [field: string]: unknown
}

interface Item {
  readonly id: string
  readonly type: string
  /** Of a message. */
  readonly content?: readonly { readonly text: string }[]
  readonly [field: string]: unknown
}

/** The events of a streamed response. */
export function responseEvents(response: Response): string[] {
  let sequence = 0
  const event = (type: string, fields: object) =>
    `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence++, ...fields })}\n\n`
  const unfinished = { ...response, status: 'in_progress', output: [], usage: null }
  return [
    event('response.created', { response: unfinished }),
    event('response.in_progress', { response: unfinished }),
    ...response.output.flatMap((item, output_index) => [
      event('response.output_item.added', { output_index, item: begun(item) }),
      ...(item.type === 'message'
        ? textEvents(event, item.id, item.content?.[0]?.text ?? '', output_index)
        : ['in_progress', 'searching', 'completed'].map((step) =>
            event(`response.web_search_call.${step}`, { output_index, item_id: item.id }),
          )),
      event('response.output_item.done', { output_index, item }),
    ]),
    event('response.completed', { response }),
  ]
}

/** An item as it is when it appears: of a message, nothing is written yet. */
const begun = (item: Item): Item => ({
  ...item,
  status: 'in_progress',
  ...(item.content ? { content: [] } : {}),
})

function textEvents(
  event: (type: string, fields: object) => string,
  item_id: string,
  text: string,
  output_index: number,
): string[] {
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
