import type Anthropic from '@anthropic-ai/sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Fetch, meteredFetch } from '../../middleware/index.ts'
import { anthropic as provider } from '../../middleware/providers/anthropic/index.ts'
import { type AnthropicBench, openAnthropicBench, REQUEST, WEB_SEARCH } from './anthropic-support.ts'
import { rejection } from './support.ts'

let bench: AnthropicBench
beforeAll(async () => {
  bench = await openAnthropicBench()
})
afterAll(() => bench.close())

type Body = Anthropic.Beta.Messages.MessageCreateParamsNonStreaming

const CODE: Anthropic.Beta.BetaToolUnion = { type: 'code_execution_20250825', name: 'code_execution' }
const NEW_SEARCH: Anthropic.Beta.BetaToolUnion = { type: 'web_search_20260209', name: 'web_search' }

test.each<[string, Partial<Body>, string]>([
  ['an unknown model', { model: 'nobody-1' }, 'nobody-1'],
  ['a speed without a price', { speed: 'fast' }, 'the speed "fast"'],
  ['a place without a price', { inference_geo: 'us' }, 'the geography "us"'],
  ['fallback models', { fallbacks: 'default' }, 'fallback models'],
  ['running code', { tools: [CODE] }, 'the tool code_execution_20250825'],
  [
    'an advisor that nobody knows',
    { tools: [{ type: 'advisor_20260301', name: 'advisor', model: 'nobody-2' }] },
    'nobody-2',
  ],
])('%s is refused before the call', async (_, part, named) => {
  const account = await bench.fund()
  const before = bench.standIn.requests.length
  const error = await rejection(bench.client({ account }).beta.messages.create({ ...REQUEST, ...part }))
  expect(error).toMatchObject({
    status: 400,
    errorCode: 'unknown_price',
    message: expect.stringContaining(named),
  })
  expect(bench.standIn.requests).toHaveLength(before)
})

test('what has no price can be let through, told and noted', async () => {
  const account = await bench.fund()
  const told: string[] = []
  const onUnpriced = (message: string) => told.push(message)
  const anthropic = bench.client({ account, unpriced: 'record', onUnpriced })
  await anthropic.messages.create({ ...REQUEST, speed: 'fast' })
  expect(told).toEqual(['message with claude-haiku-4-5: no price for the speed "fast"'])
  expect(await bench.settledCharges(account)).toMatchObject([{ estimated: true }])
})

test.each<[string, Anthropic.Beta.BetaToolUnion[]]>([
  ['functions', [{ name: 'clock', input_schema: { type: 'object' } }]],
  [
    'those of the provider that its callers run',
    [
      { type: 'bash_20250124', name: 'bash' },
      { type: 'memory_20250818', name: 'memory' },
    ],
  ],
  ['fetching', [{ type: 'web_fetch_20250910', name: 'web_fetch', max_uses: 1, max_content_tokens: 1000 }]],
  ['code beside a search that needs it', [CODE, NEW_SEARCH]],
])('tools that cost no more than their tokens are let through: %s', async (_, tools) => {
  const account = await bench.fund()
  await bench.client({ account }).beta.messages.create({ ...REQUEST, tools })
  expect((await bench.settledCharges(account))[0]).toMatchObject({ category: 'LLM', estimated: false })
})

test('what an answer used without a price, against all that was known before, is told', async () => {
  const account = await bench.fund()
  const told: string[] = []
  bench.standIn.state({
    service_tier: 'priority',
    inference_geo: 'us',
    server_tool_use: { web_search_requests: 0, web_fetch_requests: 2, image_generation_requests: 1 },
    iterations: [{ type: 'daydream', input_tokens: 1, output_tokens: 1 }],
  })
  const anthropic = bench.client({ account, onUnpriced: (message) => told.push(message) })
  await anthropic.messages.create(REQUEST)
  expect(await bench.settledCharges(account)).toMatchObject([{ estimated: true }])
  expect(told).toEqual([
    'claude-haiku-4-5: served in the tier priority, priced as standard',
    'claude-haiku-4-5: served in the geography us, priced as standard',
    'claude-haiku-4-5: no price for image_generation_requests',
    'claude-haiku-4-5: no price for daydream',
  ])
})

test.each([
  { input_tokens: -1 },
  { output_tokens: 0.5 },
  { input_tokens: 'many' },
  { cache_read_input_tokens: '7' },
])('a usage that makes no sense is none: %o', async (usage) => {
  const account = await bench.fund()
  bench.standIn.state(usage)
  await bench.client({ account }).messages.create(REQUEST)
  expect(await bench.settledCharges(account)).toMatchObject([{ estimated: true }])
})

const IMAGE = { type: 'base64', media_type: 'image/png', data: 'A'.repeat(100_000) } as const
const PDF = { type: 'base64', media_type: 'application/pdf', data: 'A'.repeat(100_000) } as const
const said = (...content: Anthropic.Beta.BetaContentBlockParam[]): Partial<Body> => ({
  messages: [{ role: 'user', content }],
})

/** What is reserved for a request, in micro-credits. */
async function reserved(body: Partial<Body>, estimate: 'expected' | 'strict' = 'strict'): Promise<bigint> {
  const account = await bench.fund('1000')
  bench.standIn.fail('hang')
  const abort = new AbortController()
  const heard = bench.standIn.requests.length
  const anthropic = bench.client({ account, estimate })
  const call = rejection(anthropic.beta.messages.create({ ...REQUEST, ...body }, { signal: abort.signal }))
  await expect.poll(() => bench.standIn.requests.length).toBe(heard + 1)
  const { held } = await bench.ledger.balance(account)
  abort.abort()
  await call
  return BigInt(held)
}

test('what is reserved bounds the cost: every token of the answer, of images and documents, and the searches', async () => {
  const text = await reserved({})
  // 1,000 tokens of output at 500, and a token for each byte of the body at 100.
  expect(text).toBe(500_000n + BigInt(JSON.stringify(REQUEST).length) * 100n)
  expect(await reserved({ max_tokens: 0 })).toBeLessThan(text - 490_000n)
  const image = await reserved(said({ type: 'image', source: IMAGE }))
  expect(image).toBeGreaterThan(500_000n + 4784n * 100n)
  // Its own bytes are no text.
  expect(image).toBeLessThan(500_000n + 6000n * 100n)
  // The whole context of 200,000 tokens: what is in a document is not known.
  const document = { type: 'document' as const, source: PDF }
  const result = { type: 'tool_result' as const, tool_use_id: 't', content: [document] }
  for (const block of [document, result]) expect(await reserved(said(block))).toBe(500_000n + 20_000_000n)
  // Each of four searches at a credit, and the context once more.
  expect(await reserved({ tools: [WEB_SEARCH] })).toBeGreaterThan(4_000_000n + 4n * 20_000_000n)
  for (const [ttl, price] of [
    ['5m', 125n],
    ['1h', 200n],
  ] as const) {
    const system = [{ type: 'text' as const, text: 'x', cache_control: { type: 'ephemeral' as const, ttl } }]
    const bytes = BigInt(JSON.stringify({ ...REQUEST, system }).length)
    expect(await reserved({ system })).toBe(500_000n + bytes * price)
  }
})

test('the calls that can be expected to cost less reserve less', async () => {
  for (const body of [{}, said({ type: 'document', source: PDF }), { tools: [WEB_SEARCH] }])
    expect(await reserved(body, 'expected')).toBeLessThan(await reserved(body))
  const unseen = said({ type: 'document', source: { type: 'url', url: 'https://example.com/a.pdf' } })
  expect(await reserved(unseen, 'expected')).toBeGreaterThan(await reserved({}, 'expected'))
})

test('a route is told by its whole path; what costs and is not known is refused', async () => {
  const account = await bench.fund()
  const anthropic = bench.client({ account })
  const before = bench.standIn.requests.length
  const calls = [
    () => anthropic.messages.batches.create({ requests: [] }),
    () => anthropic.beta.sessions.create({ agent: 'a', environment_id: 'e' }),
    () => anthropic.post('/v1/complete', { body: REQUEST }),
    () => anthropic.post('/v1/threads/t/messages', { body: REQUEST }),
    () => anthropic.patch('/v1/messages', { body: REQUEST }),
  ]
  for (const call of calls)
    expect(await rejection(call())).toMatchObject({ status: 400, errorCode: 'unmetered_route' })
  expect(bench.standIn.requests).toHaveLength(before)
})

test('what is free goes through, on the provider’s own host and on any other', async () => {
  const anthropic = bench.client()
  const { model, messages } = REQUEST
  expect(await anthropic.messages.countTokens({ model, messages })).toMatchObject({
    input_tokens: expect.any(Number),
  })
  expect((await anthropic.models.list()).data).toHaveLength(1)
  const sent: string[] = []
  const own: Fetch = (input) => {
    sent.push(new URL(input instanceof Request ? input.url : input).pathname)
    return Promise.resolve(new Response('fine'))
  }
  const ours = meteredFetch(own, { credits: bench.ledger })
  for (const path of [
    '/v1/messages/batches/b/cancel',
    '/v1/files',
    '/v1/skills',
    '/v1/organizations/invites',
  ])
    expect(await (await ours(`https://api.anthropic.com${path}`, { method: 'POST' })).text()).toBe('fine')
  await ours('https://api.anthropic.com/v1/messages/batches/b/results')
  expect(sent).toHaveLength(5)
})

test('clients of other clouds, whose paths name the model, are refused and never free', async () => {
  const own: Fetch = () => Promise.reject(new Error('It was sent.'))
  const ours = meteredFetch(own, { credits: bench.ledger, account: await bench.fund() })
  const clouds = [
    'https://bedrock-runtime.us-east-1.amazonaws.com/model/anthropic.claude-haiku-4-5-20251001-v1:0/invoke',
    'https://us-east5-aiplatform.googleapis.com/v1/projects/p/locations/l/publishers/anthropic/models/claude-haiku-4-5:rawPredict',
  ]
  for (const url of clouds) {
    const response = await ours(url, { method: 'POST', body: JSON.stringify(REQUEST) })
    expect(await response.json()).toMatchObject({ error: { code: 'unmetered_route' } })
  }
})

test('the provider can be named, where an address does not tell', async () => {
  const account = await bench.fund()
  const anthropic = bench.client({ account, provider })
  const error = await rejection(anthropic.post('/v1/chat/completions', { body: REQUEST }))
  expect(error).toMatchObject({ errorCode: 'unmetered_route', message: expect.stringContaining('anthropic') })
})
