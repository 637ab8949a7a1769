import { APIError, type OpenAI } from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isInsufficientCredits, meteredFetch } from '../../middleware/index.ts'
import { CreditsError } from '../../src/errors.ts'
import { type Bench, collect, costOfChat, MESSAGES, MODEL, openBench, rejection } from './support.ts'

let bench: Bench
beforeAll(async () => {
  bench = await openBench()
})
afterAll(() => bench.close())

const REQUEST = { model: MODEL, messages: MESSAGES }

/** What a call is refused with, after making sure that the provider never heard of it. */
async function refusal(call: () => PromiseLike<unknown>): Promise<APIError> {
  const before = bench.standIn.requests.length
  const error = await rejection(call())
  expect(bench.standIn.requests).toHaveLength(before)
  expect(error).toBeInstanceOf(APIError)
  return error as APIError
}

test('without enough credit the SDK raises its own error, at once, and the provider is not asked', async () => {
  const account = await bench.fund('0.0001')
  const openai = bench.client({ account })
  const calls = [
    () => openai.chat.completions.create(REQUEST),
    () => openai.chat.completions.create({ ...REQUEST, stream: true }),
    () => openai.responses.create({ model: MODEL, input: 'Hello' }),
  ]
  for (const call of calls) {
    const error = await refusal(call)
    expect(error).toMatchObject({ status: 402, code: 'insufficient_credits', type: 'agent_credits' })
    expect(isInsufficientCredits(error)).toBe(true)
  }
  expect(await bench.settledCharges(account)).toEqual([])
})

test('credit that running calls hold is another refusal, and comes back', async () => {
  const account = await bench.fund('1')
  const openai = bench.client({ account, maxOutputTokens: 5000 })
  bench.standIn.fail('hang_midway')
  const running = await openai.chat.completions.create({ ...REQUEST, stream: true })
  const error = await refusal(() => openai.chat.completions.create(REQUEST))
  expect(error).toMatchObject({ status: 402, code: 'credits_held' })
  expect(isInsufficientCredits(error)).toBe(true)
  running.controller.abort()
  await bench.settledCharges(account)
  await openai.chat.completions.create(REQUEST)
  expect(await bench.settledCharges(account)).toHaveLength(2)
})

test('a call outside any run is refused, unless the options name an account', async () => {
  const openai = bench.client()
  const error = await refusal(() => openai.chat.completions.create(REQUEST))
  expect(error).toMatchObject({ status: 400, code: 'account_required' })
  expect(isInsufficientCredits(error)).toBe(false)
})

test('the account of the run goes before that of the options', async () => {
  const [ofOptions, ofRun] = [await bench.fund(), await bench.fund()]
  const openai = bench.client({ account: ofOptions, agent: 'of options', user: 'of options' })
  await bench.ledger.run({ account: ofRun, agent: 'of run' }, () => openai.chat.completions.create(REQUEST))
  expect(await bench.settledCharges(ofOptions)).toEqual([])
  expect(await bench.settledCharges(ofRun)).toMatchObject([{ agent: 'of run', user: 'of options' }])
})

test.each<[string, (openai: OpenAI) => PromiseLike<unknown>, string]>([
  ['an unknown model', (o) => o.chat.completions.create({ ...REQUEST, model: 'nobody-1' }), 'nobody-1'],
  ['no model', (o) => o.responses.create({ input: 'Hello' }), 'no model'],
  ['another tier', (o) => o.chat.completions.create({ ...REQUEST, service_tier: 'priority' }), '"priority"'],
  [
    'spoken output of a model without a price for it',
    (o) => o.chat.completions.create({ ...REQUEST, modalities: ['text', 'audio'] }),
    'output_audio_tokens',
  ],
  [
    'a tool without a price',
    (o) =>
      o.responses.create({
        model: MODEL,
        input: 'Hello',
        tools: [{ type: 'code_interpreter', container: { type: 'auto' } }],
      }),
    'code_interpreter',
  ],
])('%s is refused before the call', async (_, call, named) => {
  const account = await bench.fund()
  const error = await refusal(() => call(bench.client({ account })))
  expect(error).toMatchObject({ status: 400, code: 'unknown_price', message: expect.stringContaining(named) })
})

test('what has no price can be let through: it is recorded as a charge of 0, and told', async () => {
  const account = await bench.fund()
  const told: string[] = []
  const openai = bench.client({ account, unpriced: 'record', onUnpriced: (message) => told.push(message) })
  await openai.chat.completions.create({ ...REQUEST, model: 'nobody-1' })
  await collect(await openai.chat.completions.create({ ...REQUEST, service_tier: 'priority', stream: true }))
  expect(told).toEqual([
    'chat completion with nobody-1: no price for the model nobody-1',
    'chat completion with gpt-4.1-mini: no price for the service tier "priority"',
  ])
  const [unknown, tier] = await bench.settledCharges(account)
  expect(unknown).toMatchObject({ model: 'nobody-1', amount: 0n, estimated: true })
  expect(unknown?.receipt).toMatchObject({ note: expect.stringContaining('no price for the model nobody-1') })
  expect(tier).toMatchObject({ estimated: true })
  expect(tier?.amount).toBeGreaterThan(0n)
})

test('the part of a call that has no price can be let through, and the rest is charged', async () => {
  const account = await bench.fund()
  const told: string[] = []
  const openai = bench.client({ account, unpriced: 'record', onUnpriced: (message) => told.push(message) })
  const recording = { type: 'input_audio' as const, input_audio: { data: 'AAAA', format: 'wav' as const } }
  const completion = await openai.chat.completions.create({
    ...REQUEST,
    messages: [{ role: 'user', content: [recording] }],
    modalities: ['text', 'audio'],
  })
  expect(told).toEqual([
    'chat completion with gpt-4.1-mini: no price for input_audio_tokens of gpt-4.1-mini',
    'chat completion with gpt-4.1-mini: no price for output_audio_tokens of gpt-4.1-mini',
  ])
  expect(await bench.settledCharges(account)).toMatchObject([
    { amount: costOfChat(completion.usage), estimated: true },
  ])
})

test('what an answer used without a price, against all that was known before, is told', async () => {
  const account = await bench.fund()
  const told: string[] = []
  const answer = {
    ...(await bench.plain.responses.create({ model: MODEL, input: 'Hello' })),
    service_tier: 'priority',
    output: [{ type: 'code_interpreter_call', status: 'completed' }],
  }
  const ours = meteredFetch(() => Promise.resolve(Response.json(answer)), {
    credits: bench.ledger,
    account,
    onUnpriced: (message) => told.push(message),
  })
  const body = JSON.stringify({ model: MODEL, prompt: { id: 'pmpt_1' } })
  await (await ours('https://api.openai.com/v1/responses', { method: 'POST', body })).text()
  const [charge] = await bench.settledCharges(account)
  expect(told).toEqual([
    'gpt-4.1-mini: served in tier priority, priced as default',
    'gpt-4.1-mini: no price for code_interpreter_call',
  ])
  expect(charge).toMatchObject({ estimated: true })
  expect(charge?.receipt).toMatchObject({
    note: 'served in tier priority, priced as default; no price for code_interpreter_call',
  })
})

const TOKENS = {
  prompt_tokens: 10,
  completion_tokens: 5,
  input_tokens: 10,
  output_tokens: 5,
  total_tokens: 15,
}

test.each<[string, Record<string, unknown>]>([
  ['chat/completions', { model: MODEL, messages: MESSAGES }],
  ['completions', { model: 'gpt-3.5-turbo-instruct', prompt: 'Hello' }],
  ['responses', { model: MODEL, input: 'Hello' }],
  ['embeddings', { model: 'text-embedding-3-small', input: 'Hello' }],
])('a use that nobody knows, in an answer of %s, is told and noted', async (path, request) => {
  const account = await bench.fund()
  const told: string[] = []
  const usage = { ...TOKENS, total_time: 0.1, video_seconds: 30, pages_read: 0 }
  const ours = meteredFetch(() => Promise.resolve(Response.json({ id: 'a', usage })), {
    credits: bench.ledger,
    account,
    onUnpriced: (message) => told.push(message),
  })
  await ours(`https://api.openai.com/v1/${path}`, { method: 'POST', body: JSON.stringify(request) })
  expect(await bench.settledCharges(account)).toMatchObject([
    { estimated: true, receipt: { note: 'no price for video_seconds' } },
  ])
  expect(told).toEqual([`${String(request['model'])}: no price for video_seconds`])
})

test.each<[string, (openai: OpenAI) => PromiseLike<unknown>]>([
  ['speech', (o) => o.audio.speech.create({ model: 'gpt-4o-mini-tts', voice: 'alloy', input: 'Hello' })],
  ['images', (o) => o.images.generate({ model: 'gpt-image-1', prompt: 'An elephant' })],
  [
    'batches',
    (o) => o.batches.create({ input_file_id: 'f', endpoint: '/v1/responses', completion_window: '24h' }),
  ],
  ['a path that only looks like a route', (o) => o.post('/threads/t/chat/completions', { body: REQUEST })],
])('%s cost money and are not metered: refused', async (_, call) => {
  const account = await bench.fund()
  const error = await refusal(() => call(bench.client({ account })))
  expect(error).toMatchObject({ status: 400, code: 'unmetered_route' })
  expect(error.message.length).toBeGreaterThan(40)
})

test('a ledger that is closed refuses calls, without a retry', async () => {
  const ledger = await bench.openAnother()
  const openai = bench.client({ credits: ledger, account: 'anyone' })
  await ledger.close()
  const error = await refusal(() => openai.chat.completions.create(REQUEST))
  expect(error).toMatchObject({ status: 503, code: 'ledger_closed' })
})

test('isInsufficientCredits knows the ledger’s error and those of other SDKs', () => {
  const refused = { error: { code: 'insufficient_credits', message: 'Not enough.' } }
  expect(isInsufficientCredits(new CreditsError('credits_held', 'Held.'))).toBe(true)
  expect(isInsufficientCredits({ statusCode: 402, responseBody: JSON.stringify(refused) })).toBe(true)
  expect(isInsufficientCredits({ statusCode: 402, data: refused })).toBe(true)
  expect(isInsufficientCredits({ status: 402, error: refused })).toBe(true)
  expect(isInsufficientCredits(new Error('x', { cause: { status: 402, code: 'credits_held' } }))).toBe(true)
  expect(isInsufficientCredits({ lastError: { statusCode: 402, data: refused } })).toBe(true)
  expect(isInsufficientCredits(new CreditsError('unknown_price', 'No price.'))).toBe(false)
  // A provider's own 402 is none of ours.
  expect(isInsufficientCredits({ status: 402, code: 'billing_hard_limit_reached' })).toBe(false)
  expect(isInsufficientCredits({ statusCode: 402, responseBody: 'Payment required' })).toBe(false)
  expect(isInsufficientCredits({ status: 429, code: 'insufficient_credits' })).toBe(false)
  for (const nothing of [undefined, null, 'insufficient_credits', 402])
    expect(isInsufficientCredits(nothing)).toBe(false)
})
