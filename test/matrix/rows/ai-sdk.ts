import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAI } from '@ai-sdk/openai'
import { generateText, isStepCount, type LanguageModel, streamText, tool, type ToolSet } from 'ai'
import { z } from 'zod'
import { meteredFetch } from '../../../middleware/index.ts'
import type { MatrixSdk, Run } from '../row.ts'
import {
  ANTHROPIC_MODEL,
  type ApiCosts,
  CHAT,
  INSTRUCTIONS,
  MESSAGES,
  OPENAI_MODEL,
  QUESTION,
  RESPONSES,
} from './frameworks/apis.ts'
import { type AskOptions, type FrameworkRoute, frameworkRows } from './frameworks/rows.ts'

const PROMPT = { system: INSTRUCTIONS, prompt: QUESTION, maxOutputTokens: 500 }
const HEADERS = { 'x-request-id': /^req_/, 'request-id': /^req_/ }

/** The one line that meters a provider of the AI SDK. */
const fetchOf = ({ metering }: Run) => (metering ? { fetch: meteredFetch(fetch, metering) } : {})

const openaiOf = (run: Run) => createOpenAI({ baseURL: run.standIn.url, apiKey: 'any', ...fetchOf(run) })
const anthropicOf = (run: Run) =>
  createAnthropic({ baseURL: `${run.standIn.url}/v1`, apiKey: 'any', ...fetchOf(run) })

interface Api {
  readonly name: string
  readonly costs: ApiCosts
  modelOf(run: Run): LanguageModel
  searchOf?(run: Run): ToolSet
}

const REFUSED = { class: 'APICallError', isInsufficientCredits: true, atOnce: true }

function routeOf({ name, costs, modelOf, searchOf }: Api): FrameworkRoute {
  const optionsOf = ({ signal, once }: AskOptions) => ({
    ...(signal && { abortSignal: signal }),
    ...(once && { maxRetries: 0 }),
  })
  const useTools = (run: Run) => ({
    model: modelOf(run),
    ...PROMPT,
    stopWhen: isStepCount(3),
    tools: {
      search_notes: tool({
        inputSchema: z.object({ query: z.string() }),
        execute({ query }) {
          run.saw({ query })
          return 'PostgreSQL 18 is out.'
        },
      }),
    },
  })
  return {
    name,
    ...costs,
    triesAgain: true,
    readsOn: true,
    refused: { whole: REFUSED, streamed: REFUSED },
    ask: async (run, options = {}) =>
      seenOf(await generateText({ model: modelOf(run), ...PROMPT, ...optionsOf(options) })),
    open: async (run, options = {}) =>
      partsOf(
        streamText({ model: modelOf(run), ...PROMPT, ...optionsOf(options), onError: () => undefined })
          .stream,
      ),
    async useTool(run, streamed) {
      if (!streamed) return seenOf(await generateText(useTools(run)))
      const { stream, steps } = streamText(useTools(run))
      for await (const part of partsOf(stream)) run.saw(part)
      return (await steps).length
    },
    async respond(run) {
      const { response } = (await generateText({ model: modelOf(run), ...PROMPT })).finalStep
      const named = Object.entries(response.headers ?? {}).filter(([header]) => header in HEADERS)
      return [response.id, response.modelId, named, response.body]
    },
    ...(searchOf && {
      search: async (run) =>
        seenOf(await generateText({ model: modelOf(run), ...PROMPT, tools: searchOf(run) })),
    }),
  }
}

/** ai 7 with `@ai-sdk/openai` and `@ai-sdk/anthropic`. */
export const aiSdk: MatrixSdk = {
  name: 'ai-sdk',
  start: RESPONSES.start,
  rows: [
    ...frameworkRows(
      routeOf({
        name: 'responses',
        costs: RESPONSES,
        modelOf: (run) => openaiOf(run)(OPENAI_MODEL),
        searchOf: (run) => ({ web_search: openaiOf(run).tools.webSearch({}) }),
      }),
    ),
    ...frameworkRows(
      routeOf({ name: 'chat completions', costs: CHAT, modelOf: (run) => openaiOf(run).chat(OPENAI_MODEL) }),
    ),
    ...frameworkRows(
      routeOf({
        name: 'messages',
        costs: MESSAGES,
        modelOf: (run) => anthropicOf(run)(ANTHROPIC_MODEL),
        searchOf: (run) => ({ web_search: anthropicOf(run).tools.webSearch_20250305({ maxUses: 2 }) }),
      }),
    ),
  ],
  without: ['responses', 'chat completions', 'messages'].map((route) => ({
    route,
    scenario: 'background',
    because: 'the AI SDK waits for each answer',
  })),
}

interface Seen {
  readonly text: string
  readonly finishReason: string
  readonly usage: object
  readonly warnings: unknown
  readonly finalStep: { readonly providerMetadata: unknown }
  readonly steps: readonly {
    content: readonly { type: string }[]
    response: { id: string; modelId: string }
  }[]
}

const seenOf = ({ text, finishReason, usage, warnings, finalStep, steps }: Seen) => ({
  text,
  finishReason,
  usage,
  warnings,
  providerMetadata: finalStep.providerMetadata,
  steps: steps.map(({ content, response }) => [content.map(withoutOwnId), response.id, response.modelId]),
})

/** What was found by searching gets an id that the SDK makes up. */
const withoutOwnId = (part: { type: string }): object =>
  part.type === 'source' ? { ...part, id: undefined } : part

/** The parts of a stream without what is new each time: instants, and times that were measured. */
async function* partsOf(parts: AsyncIterable<{ type: string }>): AsyncGenerator<object> {
  for await (const part of parts) {
    if (part.type === 'error' && 'error' in part) throw part.error
    const { type, ...rest } = part as Readonly<Record<string, unknown>>
    yield { type, text: rest['text'], finishReason: rest['finishReason'], usage: rest['usage'] }
  }
}
