import { z } from 'zod'
import { countTokens } from './script.ts'

export const embeddingRequest = z.looseObject({
  model: z.string(),
  input: z.union([z.string(), z.array(z.string()).min(1)]),
  encoding_format: z.enum(['float', 'base64']).default('float'),
})

const DIMENSIONS = 8

/** A vector for each input, the same each time. The SDK asks for base64, and makes numbers of it. */
export function answerEmbeddings(request: z.infer<typeof embeddingRequest>, withUsage: boolean): object {
  const inputs = typeof request.input === 'string' ? [request.input] : request.input
  const tokens = inputs.reduce((sum, input) => sum + countTokens(input), 0)
  return {
    object: 'list',
    data: inputs.map((input, index) => {
      const vector = vectorOf(input)
      const embedding =
        request.encoding_format === 'base64'
          ? Buffer.from(vector.buffer).toString('base64')
          : Array.from(vector)
      return { object: 'embedding', index, embedding }
    }),
    model: request.model,
    ...(withUsage ? { usage: { prompt_tokens: tokens, total_tokens: tokens } } : {}),
  }
}

const vectorOf = (text: string): Float32Array =>
  Float32Array.from({ length: DIMENSIONS }, (_, index) => ((text.length * (index + 3)) % 17) / 16)
