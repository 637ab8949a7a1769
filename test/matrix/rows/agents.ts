import { Agent, OpenAIProvider, Runner, setTracingDisabled, tool, webSearchTool } from '@openai/agents'
import OpenAI from 'openai'
import { z } from 'zod'
import { metered } from '../../../middleware/index.ts'
import type { MatrixSdk, Run } from '../row.ts'
import { type ApiCosts, CHAT, INSTRUCTIONS, OPENAI_MODEL, QUESTION, RESPONSES } from './frameworks/apis.ts'
import { type AskOptions, type FrameworkRoute, frameworkRows } from './frameworks/rows.ts'

// Traces go to OpenAI's own host, in the background.
setTracingDisabled(true)

const AGENT = { name: 'Helper', instructions: INSTRUCTIONS, model: OPENAI_MODEL }

/** Runs agents by a client that is metered in the metered run. */
function runnerOf({ standIn, metering }: Run, useResponses: boolean, { once }: AskOptions = {}): Runner {
  const plain = new OpenAI({ baseURL: standIn.url, apiKey: 'any', ...(once && { maxRetries: 0 }) })
  const openAIClient = metering ? metered(plain, metering) : plain
  return new Runner({ modelProvider: new OpenAIProvider({ openAIClient, useResponses }) })
}

interface Result {
  readonly finalOutput?: unknown
  readonly history: unknown
  readonly rawResponses: readonly { readonly usage: object; readonly responseId?: string | undefined }[]
}

const seenOf = ({ finalOutput, history, rawResponses }: Result) => ({
  finalOutput,
  history,
  answers: rawResponses.map(({ usage, responseId }) => [usage, responseId]),
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
    triesAgain: true,
    readsOn: false,
    refused: { whole: REFUSED, streamed: REFUSED },
    ask: async (run, options = {}) =>
      seenOf(await runnerOf(run, responses, options).run(new Agent(AGENT), QUESTION, signalOf(options))),
    async open(run, options = {}) {
      const runner = runnerOf(run, responses, options)
      const streamed = await runner.run(new Agent(AGENT), QUESTION, { ...signalOf(options), stream: true })
      return eventsOf(streamed)
    },
    async useTool(run, streamed) {
      const searchNotes = tool({
        name: 'search_notes',
        description: 'Searches the notes.',
        parameters: z.object({ query: z.string() }),
        execute({ query }) {
          run.saw({ query })
          return 'PostgreSQL 18 is out.'
        },
      })
      const agent = new Agent({ ...AGENT, tools: [searchNotes] })
      if (!streamed) return seenOf(await runnerOf(run, responses).run(agent, QUESTION))
      const result = await runnerOf(run, responses).run(agent, QUESTION, { stream: true })
      for await (const event of eventsOf(result)) run.saw(event)
      await result.completed
      return seenOf(result)
    },
    ...(responses && {
      search: async (run: Run) =>
        seenOf(
          await runnerOf(run, responses).run(new Agent({ ...AGENT, tools: [webSearchTool()] }), QUESTION),
        ),
    }),
  }
}

const ROUTES: readonly [string, ApiCosts, boolean][] = [
  ['chat completions', CHAT, false],
  ['responses', RESPONSES, true],
]

/** @openai/agents, by both of the APIs that it calls. */
export const agents: MatrixSdk = {
  name: 'agents',
  start: RESPONSES.start,
  rows: ROUTES.flatMap((route) => frameworkRows(routeOf(...route))),
  without: ROUTES.flatMap(([route]) => [
    { route, scenario: 'background' as const, because: 'a runner waits for each answer' },
    { route, scenario: 'withResponse' as const, because: 'a runner keeps the response to itself' },
  ]),
}

/** What the model says as it comes, and the kinds of the other events. */
async function* eventsOf(
  events: AsyncIterable<{ type: string; data?: unknown; name?: string }>,
): AsyncGenerator<object> {
  for await (const { type, data, name } of events) yield { type, name, data }
}
