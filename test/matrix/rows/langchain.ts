import { HumanMessage, SystemMessage } from '@langchain/core/messages'
import { tool } from '@langchain/core/tools'
import { ChatOpenAI } from '@langchain/openai'
import { z } from 'zod'
import { meteredFetch } from '../../../middleware/index.ts'
import type { MatrixSdk, Run } from '../row.ts'
import { type ApiCosts, CHAT, INSTRUCTIONS, OPENAI_MODEL, QUESTION, RESPONSES } from './frameworks/apis.ts'
import { type AskOptions, type FrameworkRoute, frameworkRows } from './frameworks/rows.ts'

const PROMPT = [new SystemMessage(INSTRUCTIONS), new HumanMessage(QUESTION)]

type Message = Awaited<ReturnType<ChatOpenAI['invoke']>>

const seenOf = ({ id, content, tool_calls, usage_metadata, response_metadata }: Message) => ({
  id,
  content,
  tool_calls,
  usage_metadata,
  response_metadata,
})

/** A model, metered in the metered run by the one option that takes a `fetch`. */
const modelOf = (
  { standIn, metering }: Run,
  useResponsesApi: boolean,
  { once }: AskOptions = {},
): ChatOpenAI =>
  new ChatOpenAI({
    model: OPENAI_MODEL,
    apiKey: 'any',
    useResponsesApi,
    maxRetries: once ? 0 : 2,
    configuration: {
      baseURL: standIn.url,
      ...(metering && { fetch: meteredFetch(fetch, metering) }),
    },
  })

const REFUSED = {
  class: 'APIError',
  status: 402,
  code: 'insufficient_credits',
  isInsufficientCredits: true,
  atOnce: true,
}

function routeOf(name: string, costs: ApiCosts, responses: boolean): FrameworkRoute {
  const signalOf = ({ signal }: AskOptions) => (signal ? { signal } : {})
  return {
    name,
    ...costs,
    triesAgain: false,
    readsOn: false,
    refused: { whole: REFUSED, streamed: REFUSED },
    ask: async (run, options = {}) =>
      seenOf(await modelOf(run, responses, options).invoke(PROMPT, signalOf(options))),
    async open(run, options = {}) {
      const chunks = await modelOf(run, responses, options).stream(PROMPT, signalOf(options))
      return mapped(chunks, seenOf)
    },
    async useTool(run, streamed) {
      const searchNotes = tool(
        ({ query }: { query: string }) => {
          run.saw({ query })
          return 'PostgreSQL 18 is out.'
        },
        {
          name: 'search_notes',
          description: 'Searches the notes.',
          schema: z.object({ query: z.string() }),
        },
      )
      const model = modelOf(run, responses).bindTools([searchNotes])
      const ask = async (messages: typeof PROMPT | Message[]): Promise<Message> =>
        streamed ? wholeOf(await model.stream(messages)) : model.invoke(messages)
      const asked = await ask(PROMPT)
      const results = await Promise.all((asked.tool_calls ?? []).map((call) => searchNotes.invoke(call)))
      return [seenOf(asked), seenOf(await ask([...PROMPT, asked, ...results] as Message[]))]
    },
    ...(responses && {
      search: async (run: Run) =>
        seenOf(
          await modelOf(run, responses)
            .bindTools([{ type: 'web_search' }])
            .invoke(PROMPT),
        ),
    }),
  }
}

const ROUTES: readonly [string, ApiCosts, boolean][] = [
  ['chat completions', CHAT, false],
  ['responses', RESPONSES, true],
]

/** `ChatOpenAI` of @langchain/openai 1, by both of its APIs. */
export const langchain: MatrixSdk = {
  name: 'langchain',
  start: CHAT.start,
  rows: ROUTES.flatMap((route) => frameworkRows(routeOf(...route))),
  without: ROUTES.flatMap(([route]) => [
    { route, scenario: 'background' as const, because: 'LangChain waits for each answer' },
    { route, scenario: 'withResponse' as const, because: 'LangChain keeps the response to itself' },
  ]),
}

async function* mapped<T, U>(values: AsyncIterable<T>, change: (value: T) => U): AsyncGenerator<U> {
  for await (const value of values) yield change(value)
}

async function wholeOf<T extends { concat(more: T): T }>(chunks: AsyncIterable<T>): Promise<T> {
  let whole: T | undefined
  for await (const chunk of chunks) whole = whole ? whole.concat(chunk) : chunk
  if (!whole) throw new Error('The stream was empty.')
  return whole
}
