import type OpenAI from 'openai'
import { zodTextFormat } from 'openai/helpers/zod'
import { z } from 'zod'
import type { ExpectedCharge } from '../../row.ts'
import {
  ANSWER,
  COMMON,
  llm,
  openaiOf,
  type OpenAiRow,
  type OpenAiStreamingRoute,
  PRICES,
  tokensOf,
  WORDS,
} from './setting.ts'
import { streamRows } from '../stainless/stream-rows.ts'
import { wholeRows } from '../stainless/whole-rows.ts'

export const MODEL = 'gpt-5-mini'
export const INPUT = 'What is new in PostgreSQL 18?'
export const INSTRUCTIONS = 'Answer with a headline, as JSON.'
/** What the stand-in's search puts before the model, and what ours is taken to put there where nobody says. */
const FOUND_TOKENS = 1200
const ESTIMATED_FOUND_TOKENS = 8000

type Request = OpenAI.Responses.ResponseCreateParamsNonStreaming
const search = (estimated?: true): ExpectedCharge => ({
  category: 'WebSearch',
  model: MODEL,
  units: { web_searches: 1 },
  prices: PRICES.web_search,
  ...(estimated && { estimated }),
})

/** What the stand-in states for a response to the input. */
export const usedTokens = (found = 0) => ({
  input_tokens: tokensOf(JSON.stringify([INSTRUCTIONS, INPUT])) + found,
  output_tokens: tokensOf(ANSWER),
})

/**
 * @param before pieces of the stream before the first word
 * @param after pieces after the last one
 */
function routeOf(
  name: string,
  request: Request,
  pieces: { before: number; after: number },
): OpenAiStreamingRoute {
  const streamed = { ...request, stream: true } as const
  const searches = request.tools !== undefined
  const half = Math.floor((pieces.before + WORDS.length + pieces.after) / 2)
  const input = tokensOf(JSON.stringify(request))
  const inputOfStream = tokensOf(JSON.stringify(streamed))
  return {
    name,
    ...COMMON,
    used: [llm(MODEL, usedTokens(searches ? FOUND_TOKENS : 0)), ...(searches ? [search()] : [])],
    cut: [llm(MODEL, { input_tokens: input, output_tokens: [60, 250] }, true)],
    unstated: [
      llm(
        MODEL,
        { input_tokens: input + (searches ? ESTIMATED_FOUND_TOKENS : 0), output_tokens: [100, 450] },
        true,
      ),
      ...(searches ? [search(true)] : []),
    ],
    create: (client, options) => client.responses.create(request, options),
    post: (client) => client.post('/responses', { body: request }),
    stream: {
      open: (client, options) => client.responses.create(streamed, options),
      half,
      left: [
        llm(
          MODEL,
          {
            input_tokens: inputOfStream + (searches ? ESTIMATED_FOUND_TOKENS : 0),
            output_tokens: tokensOf(WORDS.slice(0, half - pieces.before).join('')),
          },
          true,
        ),
        ...(searches ? [search(true)] : []),
      ],
      unopened: [llm(MODEL, { input_tokens: inputOfStream }, true)],
      asksForUsage: false,
    },
  }
}

const REQUEST: Request = { model: MODEL, instructions: INSTRUCTIONS, input: INPUT }
const RESPONSES = routeOf('responses', REQUEST, { before: 4, after: 4 })
// A search and the opening of a page, of five events and one that begins each.
const SEARCHING = routeOf(
  'responses, web search',
  { ...REQUEST, tools: [{ type: 'web_search' }] },
  { before: 14, after: 4 },
)

const SHAPE = zodTextFormat(z.object({ headline: z.string() }), 'answer')

const helperRows = ({ name, used, stream }: OpenAiStreamingRoute, request: Request): OpenAiRow[] => [
  {
    route: name,
    scenario: 'helper',
    variant: '.stream()',
    charges: used,
    async act(run) {
      const events = openaiOf(run).responses.stream({ ...request, stream: true, text: { format: SHAPE } })
      for await (const event of events) run.saw(event)
      return events.finalResponse()
    },
  },
  {
    route: name,
    scenario: 'helper',
    variant: '.stream() left',
    charges: stream.left,
    leaves: true,
    async act(run) {
      run.standIn.fail('hang_midway')
      const events = openaiOf(run).responses.stream({ ...request, stream: true })
      let seen = 0
      for await (const event of events) {
        run.saw(event)
        if (++seen === stream.half) break
      }
      return { aborted: events.aborted }
    },
  },
  {
    route: name,
    scenario: 'helper',
    variant: '.parse()',
    charges: used,
    act: async (run) => openaiOf(run).responses.parse({ ...request, text: { format: SHAPE } }),
  },
]

export const responseRows: OpenAiRow[] = [RESPONSES, SEARCHING].flatMap((route, index) => [
  ...wholeRows(route),
  ...streamRows(route),
  ...helperRows(route, index === 0 ? REQUEST : { ...REQUEST, tools: [{ type: 'web_search' }] }),
])
