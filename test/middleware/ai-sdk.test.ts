import { readFile } from 'node:fs/promises'
import { createAnthropic } from '@ai-sdk/anthropic'
import { createGroq } from '@ai-sdk/groq'
import { createOpenAI } from '@ai-sdk/openai'
import {
  APICallError,
  createTextStreamResponse,
  embedMany,
  generateText,
  isStepCount,
  type LanguageModel,
  Output,
  streamText,
  toTextStream,
  tool,
  transcribe,
} from 'ai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import {
  type Fetch,
  isInsufficientCredits,
  meteredFetch,
  type MeteredOptions,
} from '../../middleware/index.ts'
import { type AnthropicStandIn, startAnthropicStandIn } from '../fakes/providers/anthropic.ts'
import { GROQ_USAGE, startGroqFake } from '../fakes/providers/groq.ts'
import { withoutSerials } from './serials.ts'
import { type Bench, collect, openBench, rejection, SEARCH } from './support.ts'

const ANSWER = { text: 'PostgreSQL 18 brings asynchronous I/O, skip scans and uuidv7().' }

let bench: Bench
let anthropicStandIn: AnthropicStandIn
beforeAll(async () => {
  bench = await openBench({ script: { answer: JSON.stringify(ANSWER) }, paceMs: 1 })
  anthropicStandIn = await startAnthropicStandIn(1)
})
afterAll(async () => {
  await anthropicStandIn.close()
  await bench.close()
})

/** The one line that meters a provider of the AI SDK. */
const meteredBy = (options: Partial<MeteredOptions>) => ({
  fetch: meteredFetch(fetch, { credits: bench.ledger, ...options }),
})

/** The providers, as they come or with a `fetch` of ours. */
function providers(settings: { fetch?: typeof fetch } = {}) {
  const openai = createOpenAI({ baseURL: bench.standIn.url, apiKey: 'any', ...settings })
  const anthropic = createAnthropic({
    baseURL: `${anthropicStandIn.url}/v1`,
    apiKey: 'any',
    ...settings,
  })
  return { openai, anthropic }
}

type Providers = ReturnType<typeof providers>

/** A model of each of the APIs that the SDK speaks, and who stands in for its server. */
const MODELS: [string, (providers: Providers) => LanguageModel, () => Pick<Bench['standIn'], 'fail'>][] = [
  ['OpenAI responses', ({ openai }) => openai('gpt-4.1-mini'), () => bench.standIn],
  ['OpenAI chat', ({ openai }) => openai.chat('gpt-4.1-mini'), () => bench.standIn],
  ['Anthropic', ({ anthropic }) => anthropic('claude-haiku-4-5'), () => anthropicStandIn],
]

const PROMPT = { system: 'Answer briefly.', prompt: 'What is new in PostgreSQL 18?' }

const TOOLS = {
  search_notes: tool({
    inputSchema: z.object({ query: z.string() }),
    execute: ({ query }) => `Nothing about ${query}.`,
  }),
}
const LOOP = { ...PROMPT, tools: TOOLS, stopWhen: isStepCount(3) }

/** What the caller of a call of several steps gets to see. */
interface Seen {
  readonly text: string
  readonly finishReason: string
  readonly usage: object
  readonly warnings: unknown
  readonly finalStep: { readonly providerMetadata: unknown }
  readonly steps: readonly { content: unknown; response: { id: string; modelId: string } }[]
}

const seenOf = ({ text, finishReason, usage, warnings, finalStep, steps }: Seen) => ({
  text,
  finishReason,
  usage,
  warnings,
  providerMetadata: finalStep.providerMetadata,
  steps: steps.map(({ content, response }) => [content, response.id, response.modelId]),
})

/** Each way of asking, and the calls that it takes. */
const WAYS: [string, number, (model: LanguageModel) => Promise<unknown>][] = [
  ['generateText', 1, async (model) => seenOf(await generateText({ model, ...PROMPT }))],
  ['generateText with a tool', 2, async (model) => seenOf(await generateText({ model, ...LOOP }))],
  [
    'streamText',
    1,
    async (model) => {
      const result = streamText({ model, ...PROMPT })
      return [await collect(result.textStream), await result.usage, await result.finishReason]
    },
  ],
  [
    'streamText with a tool, part by part',
    2,
    async (model) => {
      const result = streamText({ model, ...LOOP })
      const parts = await collect(result.stream)
      return [parts.map((part) => part.type), await result.usage, (await result.steps).length]
    },
  ],
  [
    'streamText as a response for the browser',
    1,
    async (model) => {
      const { stream } = streamText({ model, ...PROMPT })
      return createTextStreamResponse({ stream: toTextStream({ stream }) }).text()
    },
  ],
]

const ROWS = WAYS.flatMap(([way, calls, ask]) =>
  MODELS.map(([api, of]) => [way, api, calls, ask, of] as const),
)

test.each(ROWS)(
  '%s of %s: its caller sees what an unmetered one sees, each call is charged once',
  async (_way, _api, calls, ask, of) => {
    const account = await bench.fund()
    const expected = await ask(of(providers()))
    const seen = await ask(of(providers(meteredBy({ account }))))
    expect(withoutSerials(seen)).toEqual(withoutSerials(expected))
    const charges = await bench.settledCharges(account)
    expect(charges).toHaveLength(calls)
    for (const charge of charges) expect(charge).toMatchObject({ category: 'LLM', estimated: false })
    expect(charges.every(({ amount }) => amount > 0n)).toBe(true)
  },
)

test.each(MODELS.slice(0, 2))('%s: an object by its schema, whole and streamed', async (_, of) => {
  const account = await bench.fund()
  const model = of(providers(meteredBy({ account })))
  const request = { model, ...PROMPT, output: Output.object({ schema: z.object({ text: z.string() }) }) }
  expect((await generateText(request)).output).toEqual(ANSWER)
  expect(await streamText(request).output).toEqual(ANSWER)
  expect(await bench.settledCharges(account)).toHaveLength(2)
})

test('searches that the provider runs are charged as WebSearch, in the same capture', async () => {
  const account = await bench.fund()
  const { openai, anthropic } = providers(meteredBy({ account }))
  const openaiTools = { web_search: openai.tools.webSearch({}) }
  const anthropicTools = { web_search: anthropic.tools.webSearch_20250305({ maxUses: 2 }) }
  await generateText({ model: openai('gpt-4.1-mini'), ...PROMPT, tools: openaiTools })
  await streamText({ model: openai('gpt-4.1-mini'), ...PROMPT, tools: openaiTools }).text
  await generateText({ model: anthropic('claude-haiku-4-5'), ...PROMPT, tools: anthropicTools })
  const charges = await bench.settledCharges(account)
  const searches = charges.filter(({ category }) => category === 'WebSearch')
  expect(charges).toHaveLength(6)
  expect(searches.map(({ amount }) => amount)).toEqual([SEARCH, SEARCH, SEARCH])
})

test('Groq is told by its address', async () => {
  const fake = await startGroqFake(1)
  const account = await bench.fund()
  const rerouted: Fetch = (input, init) => {
    const { href } = new URL(input instanceof Request ? input.url : input)
    return fetch(href.replace('https://api.groq.com', fake.url), init)
  }
  const groq = createGroq({
    apiKey: 'any',
    fetch: meteredFetch(rerouted, { credits: bench.ledger, account }),
  })
  const model = groq('llama-3.3-70b-versatile')
  await generateText({ model, ...PROMPT })
  await streamText({ model, ...PROMPT }).text
  // $0.59 and $0.79 a million tokens (https://groq.com/pricing).
  const amount = BigInt(GROQ_USAGE.prompt_tokens) * 59n + BigInt(GROQ_USAGE.completion_tokens) * 79n
  expect(await bench.settledCharges(account)).toMatchObject([
    { amount, estimated: false, receipt: { provider: 'groq' } },
    { amount, estimated: false, receipt: { provider: 'groq' } },
  ])
  await fake.close()
})

test('a transcription is charged as SpeechToText', async () => {
  const account = await bench.fund()
  const audio = await readFile(new URL('../../demo/voice-message.wav', import.meta.url))
  const ask = (of: Providers) => transcribe({ model: of.openai.transcription('whisper-1'), audio })
  const expected = await ask(providers())
  const { text, durationInSeconds } = await ask(providers(meteredBy({ account })))
  expect([text, durationInSeconds]).toEqual([expected.text, expected.durationInSeconds])
  expect(await bench.settledCharges(account)).toMatchObject([{ category: 'SpeechToText', estimated: false }])
})

test('embeddings are charged by their tokens', async () => {
  const account = await bench.fund()
  const values = ['asynchronous I/O', 'skip scan']
  const ask = (of: Providers) => embedMany({ model: of.openai.embedding('text-embedding-3-small'), values })
  const expected = await ask(providers())
  const { embeddings, usage } = await ask(providers(meteredBy({ account })))
  expect([embeddings, usage]).toEqual([expected.embeddings, expected.usage])
  // $0.02 a million tokens: 2 micro-credits each.
  expect(await bench.settledCharges(account)).toMatchObject([
    { category: 'LLM', amount: BigInt(usage.tokens) * 2n, estimated: false },
  ])
})

test.each(MODELS)(
  '%s: who breaks out of textStream pays for what the provider says in the end',
  async (_, of) => {
    const account = await bench.fund()
    const result = streamText({ model: of(providers(meteredBy({ account, drainAfter: '10ms' }))), ...PROMPT })
    for await (const text of result.textStream) if (text !== '') break
    expect(await bench.settledCharges(account)).toMatchObject([{ estimated: false }])
  },
)

test.each(MODELS)('%s: an abort in mid-stream is charged for what was delivered', async (_, of, standIn) => {
  const account = await bench.fund()
  standIn().fail('hang_midway')
  const abort = new AbortController()
  const aborted: unknown[] = []
  const result = streamText({
    model: of(providers(meteredBy({ account }))),
    ...PROMPT,
    abortSignal: abort.signal,
    onAbort: (event) => void aborted.push(event),
  })
  for await (const text of result.textStream) if (text !== '') abort.abort()
  expect(aborted).toHaveLength(1)
  expect(await bench.settledCharges(account)).toMatchObject([{ estimated: true }])
})

test.each(MODELS)('%s: a failed attempt costs nothing, its retry is charged', async (_, of, standIn) => {
  const account = await bench.fund()
  standIn().fail('rate_limited')
  await generateText({ model: of(providers(meteredBy({ account }))), ...PROMPT })
  expect(await bench.settledCharges(account)).toHaveLength(1)
})

test.each(MODELS)(
  '%s: without enough credit it is an APICallError of 402, at once, without a retry',
  async (_, of) => {
    const account = await bench.fund('0.0001')
    const heard = bench.standIn.requests.length + anthropicStandIn.requests.length
    const attempts: unknown[] = []
    const refused = meteredFetch(fetch, { credits: bench.ledger, account })
    const counted: typeof fetch = (...given) => {
      attempts.push(given)
      return refused(...given)
    }
    const model = of(providers({ fetch: counted }))
    const error = await rejection(generateText({ model, ...PROMPT }))
    expect(APICallError.isInstance(error)).toBe(true)
    expect(error).toMatchObject({ statusCode: 402, isRetryable: false })
    expect((error as APICallError).message).toContain('credits')
    expect(isInsufficientCredits(error)).toBe(true)

    const told: unknown[] = []
    const result = streamText({ model, ...PROMPT, onError: ({ error: reason }) => void told.push(reason) })
    await rejection(result.text)
    expect(told.map(isInsufficientCredits)).toEqual([true])
    expect(attempts).toHaveLength(2)
    expect(bench.standIn.requests.length + anthropicStandIn.requests.length).toBe(heard)
    expect(await bench.settledCharges(account)).toEqual([])
  },
)
