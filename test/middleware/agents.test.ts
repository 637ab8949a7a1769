import {
  Agent,
  OpenAIProvider,
  run,
  Runner,
  setDefaultOpenAIClient,
  setTracingDisabled,
  tool,
  webSearchTool,
} from '@openai/agents'
import type OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { isInsufficientCredits } from '../../middleware/index.ts'
import { withoutSerials } from './serials.ts'
import { type Bench, collect, MODEL, openBench, rejection, SEARCH } from './support.ts'

let bench: Bench
beforeAll(async () => {
  bench = await openBench({ paceMs: 1 })
  // Traces go to OpenAI's own host, in the background.
  setTracingDisabled(true)
})
afterAll(() => bench.close())

const SEARCH_NOTES = tool({
  name: 'search_notes',
  description: 'Searches the notes.',
  parameters: z.object({ query: z.string() }),
  execute: ({ query }) => `Nothing about ${query}.`,
})

const INSTRUCTIONS = { name: 'Helper', instructions: 'Answer briefly.', model: MODEL }
const QUESTION = 'What is new in PostgreSQL 18?'

const plainAgent = new Agent(INSTRUCTIONS)
const toolAgent = new Agent({ ...INSTRUCTIONS, tools: [SEARCH_NOTES] })

interface Seen {
  readonly finalOutput?: unknown
  readonly history: unknown
  readonly rawResponses: readonly { readonly usage: object }[]
}

const seenOf = ({ finalOutput, history, rawResponses }: Seen) => ({
  finalOutput,
  history,
  usage: rawResponses.map(({ usage }) => usage),
})

/** Each way of running an agent, and the calls that it takes. */
const WAYS: [string, number, (runner: Runner) => Promise<unknown>][] = [
  ['run', 1, async (runner) => seenOf(await runner.run(plainAgent, QUESTION))],
  ['run with a tool', 2, async (runner) => seenOf(await runner.run(toolAgent, QUESTION))],
  [
    'a streamed run with a tool',
    2,
    async (runner) => {
      const streamed = await runner.run(toolAgent, QUESTION, { stream: true })
      const events = await collect(streamed)
      await streamed.completed
      return [events.map((event) => event.type), seenOf(streamed)]
    },
  ],
  [
    'a streamed run as text',
    1,
    async (runner) => {
      const streamed = await runner.run(plainAgent, QUESTION, { stream: true })
      return collect(streamed.toTextStream())
    },
  ],
]

const ROWS = WAYS.flatMap(([way, calls, ask]) =>
  (['responses', 'chat_completions'] as const).map((api) => [way, api, calls, ask] as const),
)

/** Runs agents that call through a client, by one of the two APIs. */
const runnerOf = (client: OpenAI, api: 'responses' | 'chat_completions' = 'responses'): Runner =>
  new Runner({
    modelProvider: new OpenAIProvider({ openAIClient: client, useResponses: api === 'responses' }),
  })

test.each(ROWS)(
  '%s over %s: its caller sees what an unmetered one sees, each call is charged once',
  async (...row) => {
    const [, api, calls, ask] = row
    const account = await bench.fund()
    const expected = withoutSerials(await ask(runnerOf(bench.plain, api)))
    expect(withoutSerials(await ask(runnerOf(bench.client({ account }), api)))).toEqual(expected)
    const charges = await bench.settledCharges(account)
    expect(charges).toHaveLength(calls)
    for (const charge of charges) expect(charge).toMatchObject({ category: 'LLM', estimated: false })
  },
)

test('a search that the provider runs is charged as WebSearch', async () => {
  const account = await bench.fund()
  const runner = runnerOf(bench.client({ account }))
  await runner.run(new Agent({ ...INSTRUCTIONS, tools: [webSearchTool()] }), QUESTION)
  expect(await bench.settledCharges(account)).toMatchObject([
    { category: 'LLM' },
    { category: 'WebSearch', amount: SEARCH },
  ])
})

test('twenty agents at once, each turn charged to whom it was run for', async () => {
  // The agents keep the client that is the default when one of them first runs.
  setDefaultOpenAIClient(bench.client())
  const accounts = await Promise.all(Array.from({ length: 20 }, () => bench.fund('10')))
  await Promise.all(
    accounts.map((account, index) =>
      bench.ledger.run({ account, agent: 'helper', user: `user-${index}` }, async () => {
        if (index % 2 === 0) await run(toolAgent, QUESTION)
        else await (await run(toolAgent, QUESTION, { stream: true })).completed
      }),
    ),
  )
  for (const [index, account] of accounts.entries()) {
    const user = `user-${index}`
    expect(await bench.settledCharges(account)).toMatchObject([{ user }, { agent: 'helper', user }])
  }
})

test('a streamed run that is broken off ends its hold', async () => {
  const account = await bench.fund()
  const runner = runnerOf(bench.client({ account, drainAfter: '10ms' }))
  const streamed = await runner.run(plainAgent, QUESTION, { stream: true })
  for await (const event of streamed) if (event.type === 'raw_model_stream_event') break
  expect(await bench.settledCharges(account)).toHaveLength(1)
})

test.each(['responses', 'chat_completions'] as const)(
  'without enough credit it is refused at once, without a retry (%s)',
  async (api) => {
    const account = await bench.fund('0.0001')
    const heard = bench.standIn.requests.length
    const runner = runnerOf(bench.client({ account }), api)
    expect(isInsufficientCredits(await rejection(runner.run(toolAgent, QUESTION)))).toBe(true)
    const streamed = await runner.run(toolAgent, QUESTION, { stream: true })
    expect(isInsufficientCredits(await rejection(streamed.completed))).toBe(true)
    expect(isInsufficientCredits(streamed.error)).toBe(true)
    expect(bench.standIn.requests).toHaveLength(heard)
    expect(await bench.settledCharges(account)).toEqual([])
  },
)
