import { z } from 'zod'
import { countTokens, nextTurn, piecesOf, type Script, snapshotOf, type Turn } from './script.ts'

export const chatRequest = z.looseObject({
  model: z.string(),
  messages: z.array(z.looseObject({ role: z.string(), content: z.unknown() })).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
  tools: z.array(z.looseObject({ function: z.looseObject({ name: z.string() }).optional() })).optional(),
})

export type ChatRequest = z.infer<typeof chatRequest>

export interface ChatAnswer {
  readonly id: string
  readonly model: string
  readonly turn: Turn
  readonly usage: object
}

/**
 * @param cachedTokens of the prompt, said to have come from the cache
 */
export function answerChat(
  request: ChatRequest,
  id: string,
  cachedTokens: number,
  script: Script,
): ChatAnswer {
  const turn = nextTurn(
    {
      instructions: request.messages
        .filter(({ role }) => role === 'developer' || role === 'system')
        .map(({ content }) => JSON.stringify(content))
        .join('\n'),
      functions: request.tools?.flatMap((tool) => tool.function?.name ?? []) ?? [],
      hasResult: request.messages.some(({ role }) => role === 'tool'),
    },
    script,
  )
  const input = countTokens(JSON.stringify(request.messages))
  const output = countTokens('call' in turn ? turn.call.arguments : turn.text)
  return {
    id,
    model: snapshotOf(request.model),
    turn,
    usage: {
      prompt_tokens: input,
      completion_tokens: output,
      total_tokens: input + output,
      prompt_tokens_details: { cached_tokens: Math.min(cachedTokens, input), audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
    },
  }
}

/** A whole answer. */
export function chatCompletion({ id, model, turn, usage }: ChatAnswer, withUsage: boolean): object {
  return {
    id,
    object: 'chat.completion',
    created: CREATED,
    model,
    choices: [{ index: 0, message: messageOf(turn, id), logprobs: null, finish_reason: finishReason(turn) }],
    ...(withUsage ? { usage } : {}),
    service_tier: 'default',
    system_fingerprint: 'fp_stand_in',
  }
}

/** A streamed answer, event by event. With `includeUsage`, each chunk has a usage, and all but the last are null. */
export function chatChunks({ id, model, turn, usage }: ChatAnswer, includeUsage: boolean): string[] {
  const chunk = (choices: object[], stated: object | null) =>
    `data: ${JSON.stringify({
      id,
      object: 'chat.completion.chunk',
      created: CREATED,
      model,
      service_tier: 'default',
      system_fingerprint: 'fp_stand_in',
      choices,
      ...(includeUsage ? { usage: stated } : {}),
    })}\n\n`
  const delta = (part: object, reason: string | null = null) =>
    chunk([{ index: 0, delta: part, logprobs: null, finish_reason: reason }], null)
  const parts =
    'call' in turn
      ? [delta({ role: 'assistant', content: null, tool_calls: [{ index: 0, ...toolCall(turn.call, id) }] })]
      : [
          delta({ role: 'assistant', content: '', refusal: null }),
          ...piecesOf(turn.text).map((content) => delta({ content })),
        ]
  return [
    ...parts,
    delta({}, finishReason(turn)),
    ...(includeUsage ? [chunk([], usage)] : []),
    'data: [DONE]\n\n',
  ]
}

/** The same in each answer, so that two runs can be compared. */
const CREATED = 1_763_769_600

const finishReason = (turn: Turn): string => ('call' in turn ? 'tool_calls' : 'stop')

const toolCall = (call: { name: string; arguments: string }, id: string) => ({
  id: id.replace('chatcmpl', 'call'),
  type: 'function',
  function: call,
})

const messageOf = (turn: Turn, id: string): object =>
  'call' in turn
    ? { role: 'assistant', content: null, refusal: null, tool_calls: [toolCall(turn.call, id)] }
    : { role: 'assistant', content: turn.text, refusal: null, annotations: [] }
