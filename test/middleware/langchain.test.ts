import { HumanMessage, SystemMessage } from '@langchain/core/messages'
import { tool } from '@langchain/core/tools'
import { ChatOpenAI } from '@langchain/openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { isInsufficientCredits, meteredFetch, type MeteredOptions } from '../../middleware/index.ts'
import { withoutSerials } from './serials.ts'
import { type Bench, collect, MODEL, openBench, rejection, SEARCH } from './support.ts'

let bench: Bench
beforeAll(async () => {
  bench = await openBench({ paceMs: 1 })
})
afterAll(() => bench.close())

const MESSAGES = [new SystemMessage('Answer briefly.'), new HumanMessage('What is new in PostgreSQL 18?')]

const SEARCH_NOTES = tool(({ query }: { query: string }) => `Nothing about ${query}.`, {
  name: 'search_notes',
  description: 'Searches the notes.',
  schema: z.object({ query: z.string() }),
})

/** A model as it comes, or metered by the one option that takes a `fetch`. */
const model = (useResponsesApi: boolean, options?: Partial<MeteredOptions>): ChatOpenAI =>
  new ChatOpenAI({
    model: MODEL,
    apiKey: 'any',
    useResponsesApi,
    configuration: {
      baseURL: bench.standIn.url,
      ...(options ? { fetch: meteredFetch(fetch, { credits: bench.ledger, ...options }) } : {}),
    },
  })

const seenOf = ({ content, tool_calls, usage_metadata, response_metadata }: SeenMessage) => ({
  content,
  tool_calls,
  usage_metadata,
  response_metadata,
})

type SeenMessage = Pick<
  Awaited<ReturnType<ChatOpenAI['invoke']>>,
  'content' | 'tool_calls' | 'usage_metadata' | 'response_metadata'
>

/** Each way of asking, and the calls that it takes. */
const WAYS: [string, number, (chat: ChatOpenAI) => Promise<unknown>][] = [
  ['invoke', 1, async (chat) => seenOf(await chat.invoke(MESSAGES))],
  ['stream', 1, async (chat) => (await collect(await chat.stream(MESSAGES))).map(seenOf)],
  ['batch', 2, async (chat) => (await chat.batch([MESSAGES, MESSAGES])).map(seenOf)],
  [
    'a tool loop',
    2,
    async (chat) => {
      const withTools = chat.bindTools([SEARCH_NOTES])
      const asked = await withTools.invoke(MESSAGES)
      const results = await Promise.all((asked.tool_calls ?? []).map((call) => SEARCH_NOTES.invoke(call)))
      return [seenOf(asked), seenOf(await withTools.invoke([...MESSAGES, asked, ...results]))]
    },
  ],
]

const ROWS = WAYS.flatMap(([way, calls, ask]) =>
  [false, true].map((responses) => [way, responses ? 'responses' : 'chat', calls, ask, responses] as const),
)

test.each(ROWS)(
  '%s of %s: its caller sees what an unmetered one sees, each call is charged once',
  async (...row) => {
    const [, , calls, ask, responses] = row
    const account = await bench.fund()
    const expected = withoutSerials(await ask(model(responses)))
    expect(withoutSerials(await ask(model(responses, { account })))).toEqual(expected)
    const charges = await bench.settledCharges(account)
    expect(charges).toHaveLength(calls)
    for (const charge of charges) expect(charge).toMatchObject({ category: 'LLM', estimated: false })
  },
)

test('a search that the provider runs is charged as WebSearch', async () => {
  const account = await bench.fund()
  await model(true, { account })
    .bindTools([{ type: 'web_search' }])
    .invoke(MESSAGES)
  expect(await bench.settledCharges(account)).toMatchObject([
    { category: 'LLM' },
    { category: 'WebSearch', amount: SEARCH },
  ])
})

test('an early break of a stream ends its hold', async () => {
  const account = await bench.fund()
  for await (const chunk of await model(false, { account, drainAfter: '10ms' }).stream(MESSAGES))
    if (chunk.content !== '') break
  expect(await bench.settledCharges(account)).toHaveLength(1)
})

test('twenty at once, each charged to whom it was run for', async () => {
  const chat = model(false, {})
  const accounts = await Promise.all(Array.from({ length: 20 }, () => bench.fund('10')))
  await Promise.all(
    accounts.map((account, index) =>
      bench.ledger.run({ account, agent: 'langchain', user: `user-${index}` }, async () => {
        if (index % 2 === 0) await chat.invoke(MESSAGES)
        else await collect(await chat.stream(MESSAGES))
      }),
    ),
  )
  for (const [index, account] of accounts.entries())
    expect(await bench.settledCharges(account)).toMatchObject([{ agent: 'langchain', user: `user-${index}` }])
})

test.each([false, true])(
  'without enough credit it is refused at once, without a retry (responses: %s)',
  async (responses) => {
    const account = await bench.fund('0.0001')
    const heard = bench.standIn.requests.length
    const refused = model(responses, { account })
    for (const call of [() => refused.invoke(MESSAGES), () => refused.stream(MESSAGES)]) {
      const started = performance.now()
      const error = await rejection(call())
      // Its own retries would wait a second and more.
      expect(performance.now() - started).toBeLessThan(900)
      expect(isInsufficientCredits(error)).toBe(true)
    }
    expect(bench.standIn.requests).toHaveLength(heard)
    expect(await bench.settledCharges(account)).toEqual([])
  },
)
