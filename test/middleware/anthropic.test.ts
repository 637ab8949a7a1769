import Anthropic from '@anthropic-ai/sdk'
import { betaZodTool } from '@anthropic-ai/sdk/helpers/beta/zod'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { metered } from '../../middleware/index.ts'
import {
  type AnthropicBench,
  costOfMessage,
  HAIKU,
  MODEL,
  openAnthropicBench,
  REQUEST,
  SEARCH,
  WEB_SEARCH,
} from './anthropic-support.ts'
import { withoutSerials } from './serials.ts'
import { collect } from './support.ts'

let bench: AnthropicBench
beforeAll(async () => {
  bench = await openAnthropicBench()
})
afterAll(() => bench.close())

const SEARCH_TOOL = betaZodTool({
  name: 'search_notes',
  description: 'Searches the notes.',
  inputSchema: z.object({ query: z.string() }),
  run: () => 'PostgreSQL 18 was released in September 2025.',
})

/** Each way of asking, what its caller gets to see, and the model's turns that it takes. */
const WAYS: [string, number, (anthropic: Anthropic) => Promise<unknown>][] = [
  ['create()', 1, (a) => a.messages.create(REQUEST)],
  ['a stream', 1, async (a) => collect(await a.messages.create({ ...REQUEST, stream: true }))],
  ['.stream() and its final message', 1, (a) => a.messages.stream(REQUEST).finalMessage()],
  [
    '.stream(), iterated and listened to',
    1,
    async (a) => {
      const texts: string[] = []
      const stream = a.messages.stream(REQUEST).on('text', (text) => texts.push(text))
      return [await collect(stream), texts, await stream.finalText()]
    },
  ],
  [
    '.withResponse()',
    1,
    async (a) => {
      const { data, response, request_id } = await a.messages.create(REQUEST).withResponse()
      return [data, response.status, response.headers.get('content-type'), request_id]
    },
  ],
  [
    '.asResponse()',
    1,
    async (a) => {
      const response = await a.messages.create(REQUEST).asResponse()
      return [response.status, response.url, await response.json()]
    },
  ],
  ['beta.messages', 1, (a) => a.beta.messages.create({ ...REQUEST, betas: ['context-1m-2025-08-07'] })],
  ['beta.messages.stream()', 1, (a) => a.beta.messages.stream(REQUEST).finalMessage()],
  ['.toReadableStream()', 1, (a) => new Response(a.messages.stream(REQUEST).toReadableStream()).text()],
  [
    'tee()',
    1,
    async (a) => {
      const [left, right] = (await a.messages.create({ ...REQUEST, stream: true })).tee()
      return Promise.all([collect(left), collect(right)])
    },
  ],
  ['a child of withOptions', 1, (a) => a.withOptions({ maxRetries: 0 }).messages.create(REQUEST)],
  ['client.post()', 1, (a) => a.post('/v1/messages', { body: REQUEST })],
  ['toolRunner()', 2, (a) => a.beta.messages.toolRunner({ ...REQUEST, tools: [SEARCH_TOOL] }).runUntilDone()],
  [
    'toolRunner() with streams',
    2,
    async (a) => {
      const messages: unknown[] = []
      const runner = a.beta.messages.toolRunner({ ...REQUEST, tools: [SEARCH_TOOL], stream: true })
      for await (const stream of runner) messages.push(await stream.finalMessage())
      return messages
    },
  ],
]

test.each(WAYS)(
  '%s: its caller sees what an unmetered one sees, each turn is charged once',
  async (_, turns, ask) => {
    const account = await bench.fund()
    const before = bench.standIn.requests.length
    const expected = await ask(bench.plain)
    const middle = bench.standIn.requests.length
    expect(withoutSerials(await ask(bench.client({ account })))).toEqual(withoutSerials(expected))
    const bodies = bench.standIn.requests.map(({ body }) => withoutSerials(body))
    expect(bodies.slice(middle)).toEqual(bodies.slice(before, middle))
    const charges = await bench.settledCharges(account)
    expect(charges).toHaveLength(turns)
    for (const charge of charges) {
      expect(charge).toMatchObject({ category: 'LLM', model: MODEL, estimated: false })
      expect(charge.receipt).toMatchObject({
        provider: 'anthropic',
        providerId: expect.stringMatching(/^msg_\d+$/),
      })
    }
  },
)

test('a message is charged by its usage, the cache outside the input, each bucket at its own price', async () => {
  const account = await bench.fund()
  const cached: Anthropic.MessageCreateParamsNonStreaming = {
    ...REQUEST,
    system: [{ type: 'text', text: 'Answer briefly.', cache_control: { type: 'ephemeral', ttl: '1h' } }],
  }
  const { usage } = await bench.client({ account }).messages.create(cached)
  expect(usage).toMatchObject({
    cache_creation_input_tokens: 64,
    cache_read_input_tokens: 128,
    cache_creation: { ephemeral_5m_input_tokens: 48, ephemeral_1h_input_tokens: 16 },
  })
  const [charge] = await bench.settledCharges(account)
  expect(charge).toMatchObject({ amount: costOfMessage(usage), estimated: false })
  expect(charge?.receipt).toMatchObject({
    units: {
      input_tokens: String(usage.input_tokens),
      cache_read_tokens: '128',
      cache_write_tokens: '48',
      cache_write_1h_tokens: '16',
      output_tokens: String(usage.output_tokens),
    },
  })
})

test('in a stream the counts are sums so far: the last ones hold, and the cache’s parts of the first', async () => {
  const account = await bench.fund()
  const cached: Anthropic.MessageCreateParamsNonStreaming = {
    ...REQUEST,
    system: [{ type: 'text', text: 'Answer briefly.', cache_control: { type: 'ephemeral', ttl: '1h' } }],
  }
  const { usage } = await bench.plain.messages.create(cached)
  await collect(await bench.client({ account }).messages.create({ ...cached, stream: true }))
  expect(await bench.settledCharges(account)).toMatchObject([
    { amount: costOfMessage(usage), estimated: false },
  ])
})

test.each([false, true])(
  'web searches are charged apart, in the same capture (stream: %s)',
  async (stream) => {
    const account = await bench.fund()
    const request = { ...REQUEST, tools: [WEB_SEARCH] }
    const { usage } = await bench.plain.messages.create(request)
    expect(usage.server_tool_use?.web_search_requests).toBe(1)
    const anthropic = bench.client({ account })
    await (stream ? anthropic.messages.stream(request).finalMessage() : anthropic.messages.create(request))
    const charges = await bench.settledCharges(account)
    expect(charges).toMatchObject([
      { category: 'LLM', amount: costOfMessage(usage), estimated: false },
      { category: 'WebSearch', amount: SEARCH, estimated: false },
    ])
    expect(charges[1]?.receipt).toMatchObject({ units: { web_searches: '1' } })
  },
)

test('what an advisor and a summary of the conversation used is charged beside the message’s own sums', async () => {
  const account = await bench.fund()
  const tokens = {
    input_tokens: 1000,
    output_tokens: 10,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
  }
  bench.standIn.state({
    iterations: [
      { type: 'message', model: MODEL, ...tokens },
      { type: 'compaction', ...tokens },
      { type: 'advisor_message', model: 'claude-opus-4-6', ...tokens },
      { type: 'advisor_message', model: 'claude-opus-4-6', ...tokens },
    ],
  })
  const stream = bench.client({ account }).beta.messages.stream({
    ...REQUEST,
    betas: ['advisor-tool-2026-03-01'],
    tools: [{ type: 'advisor_20260301', name: 'advisor', model: 'claude-opus-4-6', max_uses: 2 }],
  })
  const { usage } = await stream.finalMessage()
  expect(await bench.settledCharges(account)).toMatchObject([
    { model: MODEL, amount: costOfMessage(usage as Anthropic.Usage) },
    { model: MODEL, amount: 1000n * HAIKU.input + 10n * HAIKU.output },
    // $5 and $25 a million.
    { model: 'claude-opus-4-6', amount: 2n * (1000n * 500n + 10n * 2500n) },
  ])
})

test('twenty calls at once, each for its own account and user', async () => {
  const anthropic = bench.client()
  const accounts = await Promise.all(Array.from({ length: 20 }, () => bench.fund('10')))
  await Promise.all(
    accounts.map((account, index) =>
      bench.ledger.run({ account, user: `user-${index}` }, () =>
        index % 2 === 0
          ? anthropic.messages.create(REQUEST)
          : anthropic.messages.stream(REQUEST).finalMessage(),
      ),
    ),
  )
  for (const [index, account] of accounts.entries())
    expect(await bench.settledCharges(account)).toMatchObject([{ user: `user-${index}` }])
})

test('the client is of the same type, and the one passed in stays unmetered', async () => {
  class Ours extends Anthropic {
    readonly ours = 'yes'
  }
  const account = await bench.fund()
  const plain = new Ours({ baseURL: bench.standIn.url, apiKey: 'any', maxRetries: 7, timeout: 5000 })
  const anthropic = metered(metered(plain, { credits: bench.ledger }), { credits: bench.ledger, account })
  expect(anthropic).toBeInstanceOf(Ours)
  expect(anthropic).toMatchObject({ ours: 'yes', maxRetries: 7, timeout: 5000, baseURL: bench.standIn.url })
  await plain.messages.create(REQUEST)
  expect(await bench.settledCharges(account)).toEqual([])
  await anthropic.messages.create(REQUEST)
  expect(await bench.settledCharges(account)).toHaveLength(1)
})

test('a middleware of the SDK’s own runs around the metering as it did', async () => {
  const account = await bench.fund()
  const seen: string[] = []
  const withMiddleware = bench.plain.withOptions({
    middleware: [
      async (request, next) => {
        seen.push(new URL(request.url).pathname)
        return next(request)
      },
    ],
  })
  await bench.client({ account }, withMiddleware).messages.create(REQUEST)
  expect(seen).toEqual(['/v1/messages'])
  expect(await bench.settledCharges(account)).toHaveLength(1)
})
