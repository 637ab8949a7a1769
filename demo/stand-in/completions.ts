import { z } from 'zod'
import { countTokens, piecesOf, type Script } from './script.ts'

export const completionRequest = z.looseObject({
  model: z.string(),
  prompt: z.string(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
})

export type CompletionRequest = z.infer<typeof completionRequest>

const CREATED = 1_763_769_600

function completionOf({ model, prompt }: CompletionRequest, id: string, { answer }: Script) {
  const [input, output] = [countTokens(prompt), countTokens(answer)]
  return {
    head: { id, object: 'text_completion', created: CREATED, model },
    usage: { prompt_tokens: input, completion_tokens: output, total_tokens: input + output },
    choice: (text: string, finish_reason: string | null) => ({
      text,
      index: 0,
      logprobs: null,
      finish_reason,
    }),
  }
}

/** A whole answer. */
export function textCompletion(request: CompletionRequest, id: string, script: Script): object {
  const { head, usage, choice } = completionOf(request, id, script)
  return { ...head, choices: [choice(script.answer, 'stop')], usage }
}

/** A streamed answer, event by event. */
export function completionChunks(request: CompletionRequest, id: string, script: Script): string[] {
  const { head, usage, choice } = completionOf(request, id, script)
  const includeUsage = request.stream_options?.include_usage === true
  const chunk = (choices: object[], stated: object | null) =>
    `data: ${JSON.stringify({ ...head, choices, ...(includeUsage ? { usage: stated } : {}) })}\n\n`
  return [
    ...piecesOf(script.answer).map((text) => chunk([choice(text, null)], null)),
    chunk([choice('', 'stop')], null),
    ...(includeUsage ? [chunk([], usage)] : []),
    'data: [DONE]\n\n',
  ]
}
