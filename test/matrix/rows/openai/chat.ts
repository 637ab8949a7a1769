import type OpenAI from 'openai'
import { zodResponseFormat } from 'openai/helpers/zod'
import { z } from 'zod'
import { SCRIPT } from '../../../../demo/stand-in/script.ts'
import type { ExpectedCharge } from '../../row.ts'
import {
  ANSWER,
  azureOf,
  COMMON,
  llm,
  openaiOf,
  type OpenAiRow,
  type OpenAiStreamingRoute,
  tokensOf,
  WORDS,
} from './setting.ts'
import { streamRows } from '../stainless/stream-rows.ts'
import { wholeRows } from '../stainless/whole-rows.ts'

const MODEL = 'gpt-4.1-mini'
const MESSAGES: OpenAI.ChatCompletionMessageParam[] = [
  { role: 'developer', content: 'Answer with a headline, as JSON.' },
  { role: 'user', content: 'What is new in PostgreSQL 18?' },
]
const REQUEST = { model: MODEL, messages: MESSAGES }
const STREAMED = { ...REQUEST, stream: true } as const
const SHAPE = z.object({ headline: z.string() })
/** What the stand-in calls a search function with. */
const SEARCH_ARGUMENTS = JSON.stringify({ query: SCRIPT.searchQuery })

/** What the stand-in states for a request with these messages, and this answer. */
const used = (messages: unknown, answer: string): ExpectedCharge =>
  llm(MODEL, { input_tokens: tokensOf(JSON.stringify(messages)), output_tokens: tokensOf(answer) })

/** A chunk with the role, the words, one with the reason of the end, and [DONE]. */
const HALF = Math.floor((WORDS.length + 3) / 2)
const INPUT_OF_STREAM = tokensOf(JSON.stringify(STREAMED))

const CHAT: OpenAiStreamingRoute = {
  name: 'chat completions',
  ...COMMON,
  used: [used(MESSAGES, ANSWER)],
  // All of the answer's text is counted, with what is around the words.
  cut: [llm(MODEL, { input_tokens: tokensOf(JSON.stringify(REQUEST)), output_tokens: [30, 100] }, true)],
  unstated: [llm(MODEL, { input_tokens: tokensOf(JSON.stringify(REQUEST)), output_tokens: [60, 200] }, true)],
  create: (client, options) => client.chat.completions.create(REQUEST, options),
  post: (client) => client.post('/chat/completions', { body: REQUEST }),
  stream: {
    open: (client, options) => client.chat.completions.create(STREAMED, options),
    half: HALF,
    left: [
      llm(
        MODEL,
        { input_tokens: INPUT_OF_STREAM, output_tokens: tokensOf(WORDS.slice(0, HALF - 1).join('')) },
        true,
      ),
    ],
    unopened: [llm(MODEL, { input_tokens: INPUT_OF_STREAM }, true)],
    asksForUsage: true,
  },
}

export const chatRows: OpenAiRow[] = [
  ...wholeRows(CHAT),
  ...streamRows(CHAT),
  {
    route: CHAT.name,
    scenario: 'stream',
    variant: 'with its usage, as asked',
    charges: CHAT.used,
    async act(run) {
      const request = { ...STREAMED, stream_options: { include_usage: true } }
      for await (const chunk of await openaiOf(run).chat.completions.create(request)) run.saw(chunk)
    },
  },
  {
    route: CHAT.name,
    scenario: 'helper',
    variant: '.stream()',
    asksForUsage: true,
    charges: CHAT.used,
    async act(run) {
      const stream = openaiOf(run).chat.completions.stream(REQUEST)
      stream.on('content', (delta, snapshot) => run.saw({ delta, snapshot }))
      return [await stream.finalChatCompletion(), await stream.totalUsage()]
    },
  },
  {
    route: CHAT.name,
    scenario: 'helper',
    variant: '.stream() left',
    asksForUsage: true,
    charges: CHAT.stream.left,
    leaves: true,
    async act(run) {
      run.standIn.fail('hang_midway')
      const stream = openaiOf(run).chat.completions.stream(REQUEST)
      let chunks = 0
      for await (const chunk of stream) {
        run.saw(chunk)
        if (++chunks === CHAT.stream.half) break
      }
      return { aborted: stream.aborted }
    },
  },
  {
    route: CHAT.name,
    scenario: 'helper',
    variant: '.parse()',
    charges: CHAT.used,
    act: async (run) =>
      openaiOf(run).chat.completions.parse({
        ...REQUEST,
        response_format: zodResponseFormat(SHAPE, 'answer'),
      }),
  },
  ...[false, true].map((stream): OpenAiRow => ({
    route: CHAT.name,
    scenario: 'helper',
    variant: stream ? 'runTools, streamed' : 'runTools',
    asksForUsage: true,
    charges: (received) =>
      received.map(({ body }, turn) =>
        used((body as typeof REQUEST).messages, turn === 0 ? SEARCH_ARGUMENTS : ANSWER),
      ),
    async act(run) {
      const { completions } = openaiOf(run).chat
      const tools = [searchTool((query) => run.saw({ query }))]
      const sawMessage = (message: object) => run.saw({ message })
      const runner = stream
        ? completions.runTools({ ...REQUEST, tools, stream }).on('message', sawMessage)
        : completions.runTools({ ...REQUEST, tools }).on('message', sawMessage)
      return [await runner.finalContent(), await runner.totalUsage()]
    },
  })),
  {
    route: CHAT.name,
    scenario: 'Azure',
    charges: CHAT.used,
    act: async (run) => CHAT.create(azureOf(run)),
  },
  {
    route: CHAT.name,
    scenario: 'Azure',
    variant: 'streamed',
    asksForUsage: true,
    charges: CHAT.used,
    async act(run) {
      for await (const chunk of await CHAT.stream.open(azureOf(run))) run.saw(chunk)
    },
  },
]

const searchTool = (searched: (query: string) => void) => ({
  type: 'function' as const,
  function: {
    name: 'web_search',
    description: 'Searches the web.',
    parameters: { type: 'object', properties: { query: { type: 'string' } } },
    parse: (text: string) => JSON.parse(text) as { query: string },
    function({ query }: { query: string }) {
      searched(query)
      return 'PostgreSQL 18 is out.'
    },
  },
})
