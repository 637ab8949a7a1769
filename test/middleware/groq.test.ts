import { readFile } from 'node:fs/promises'
import { createGroq } from '@ai-sdk/groq'
import { generateText, streamText } from 'ai'
import Groq, { toFile } from 'groq-sdk'
import { afterAll, beforeAll, expect, expectTypeOf, test } from 'vitest'
import { isInsufficientCredits, metered, meteredFetch, type MeteredOptions } from '../../middleware/index.ts'
import { groq as provider } from '../../middleware/providers/groq/index.ts'
import { GROQ_USAGE, startGroqFake } from '../fakes/providers/groq.ts'
import type { Fake } from '../fakes/providers/serve.ts'
import { openTestLedger, type TestLedger } from '../support/ledger.ts'
import { collect, rejection, settledCharges } from './support.ts'

const RECORDING = new URL('../../demo/voice-message.wav', import.meta.url)

/** Micro-credits for a token ($0.15, $0.075 cached, $0.60 a million) at 100 credits a dollar. */
const MODEL = 'openai/gpt-oss-120b'
const COST =
  BigInt(GROQ_USAGE.prompt_tokens - GROQ_USAGE.cached_tokens) * 15n +
  (BigInt(GROQ_USAGE.cached_tokens) * 15n) / 2n +
  BigInt(GROQ_USAGE.completion_tokens) * 60n

let open: TestLedger
let fake: Fake
let plain: Groq
let recording: Buffer
let seconds: number
beforeAll(async () => {
  open = await openTestLedger()
  recording = await readFile(RECORDING)
  // 16 kHz, 16 bits, mono, after a header of 44 bytes.
  seconds = (recording.length - 44) / 32_000
  fake = await startGroqFake(seconds)
  plain = new Groq({ apiKey: 'any', baseURL: fake.url })
})
afterAll(async () => {
  await fake.close()
  await open.close()
})

let accounts = 0
async function fund(amount = '100'): Promise<string> {
  const account = `groq-${++accounts}`
  await open.ledger.grant(account, { type: 'paid', amount })
  return account
}

const wrap = (account: string, options: Partial<MeteredOptions> = {}): Groq =>
  metered(plain, { credits: open.ledger, account, ...options })

const ask = (rest: object = {}) => ({
  model: MODEL,
  messages: [{ role: 'user' as const, content: 'What is new in PostgreSQL 18?' }],
  ...rest,
})

test('a metered client has the type of the one that it is made of', () => {
  expectTypeOf(wrap('acme')).toEqualTypeOf<Groq>()
  expect(wrap('acme')).toBeInstanceOf(Groq)
})

test('chats are charged exactly, plain and streamed, at the prices of Groq', async () => {
  const account = await fund()
  const client = wrap(account)
  const answer = await client.chat.completions.create(ask({ service_tier: 'flex' }))
  expect(answer).toEqual(await plain.chat.completions.create(ask({ service_tier: 'flex' })))
  const streamed = ask({ stream: true as const })
  const chunks = await collect(await client.chat.completions.create({ ...streamed, stream: true }))
  expect(chunks).toEqual(await collect(await plain.chat.completions.create({ ...streamed, stream: true })))
  // Nothing is added to the request: Groq states the usage of a stream unasked.
  expect(fake.requests.at(-2)?.body).toEqual(fake.requests.at(-1)?.body)
  const charges = await settledCharges(open.ledger, account)
  expect(charges).toMatchObject([
    { category: 'LLM', model: MODEL, amount: COST, estimated: false },
    { category: 'LLM', model: MODEL, amount: COST, estimated: false },
  ])
  expect((await open.ledger.explain(account, charges[1]!.id)).receipt).toMatchObject({
    provider: 'groq',
    providerId: 'chatcmpl-groq-1',
  })
})

test('a stream that is left is estimated', async () => {
  const account = await fund()
  fake.fail('hang_midway')
  const stream = await wrap(account).chat.completions.create({ ...ask(), stream: true })
  for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break
  expect(await settledCharges(open.ledger, account)).toMatchObject([{ estimated: true }])
})

test.each(['transcriptions', 'translations'] as const)(
  '%s are charged by the length of the audio',
  async (task) => {
    const account = await fund()
    const client = wrap(account)
    const file = await toFile(recording, 'voice.wav')
    for (const response_format of ['json', 'text', 'verbose_json'] as const) {
      await client.audio[task].create({ file, model: 'whisper-large-v3-turbo', response_format })
    }
    // $0.04 an hour, of 10 seconds at least.
    expect(seconds).toBeLessThan(10)
    const amount = BigInt(Math.ceil((10 * 4_000_000) / 3600))
    const charge = { category: 'SpeechToText', model: 'whisper-large-v3-turbo', amount, estimated: false }
    expect(await settledCharges(open.ledger, account)).toMatchObject([charge, charge, charge])
  },
)

test('audio that is longer is charged by the second', async () => {
  const account = await fund()
  const header = Buffer.from(recording.subarray(0, 44))
  const audio = Buffer.alloc(32_000 * 15, 1)
  header.writeUInt32LE(audio.length + 36, 4)
  header.writeUInt32LE(audio.length, 40)
  const file = await toFile(Buffer.concat([header, audio]), 'long.wav')
  await wrap(account).audio.transcriptions.create({ file, model: 'whisper-large-v3' })
  // $0.111 an hour.
  const amount = BigInt(Math.ceil((15 * 11_100_000) / 3600))
  expect(await settledCharges(open.ledger, account)).toMatchObject([{ amount, estimated: false }])
})

test('audio at an address is charged where the answer states its length, else refused', async () => {
  const account = await fund()
  const client = wrap(account)
  const body = { url: 'https://a.example/voice.wav', model: 'whisper-large-v3-turbo' }
  await client.audio.transcriptions.create({ ...body, response_format: 'verbose_json' })
  expect(await rejection(client.audio.transcriptions.create(body))).toMatchObject({ status: 400 })
  const amount = BigInt(Math.ceil((10 * 4_000_000) / 3600))
  expect(await settledCharges(open.ledger, account)).toMatchObject([{ amount, estimated: false }])
})

test('what has no price is refused before it is sent', async () => {
  const account = await fund()
  const client = wrap(account)
  const before = fake.requests.length
  const refused = [
    client.chat.completions.create({ ...ask(), model: 'groq/compound' }),
    client.chat.completions.create(ask({ service_tier: 'performance' })),
    client.chat.completions.create(ask({ tools: [{ type: 'browser_search' }] })),
    client.audio.speech.create({ model: 'canopylabs/orpheus-v1-english', input: 'Hello', voice: 'troy' }),
    client.batches.create({ input_file_id: 'f', endpoint: '/v1/chat/completions', completion_window: '24h' }),
  ]
  const codes = await Promise.all(refused.map(rejection))
  expect(codes.map((error) => (error as { error: { error: { code: string } } }).error.error.code)).toEqual([
    'unknown_price',
    'unknown_price',
    'unknown_price',
    'unmetered_route',
    'unmetered_route',
  ])
  expect(fake.requests).toHaveLength(before)
  await client.models.list()
  expect(await settledCharges(open.ledger, account)).toEqual([])
})

test('without credit the SDK raises its usual error, once', async () => {
  const account = await fund('0.000001')
  const before = fake.requests.length
  const error = await rejection(wrap(account).chat.completions.create(ask()))
  expect(error).toBeInstanceOf(Groq.APIError)
  expect(error).toMatchObject({ status: 402 })
  expect(isInsufficientCredits(error)).toBe(true)
  expect(fake.requests).toHaveLength(before)
})

test('attempts that fail cost nothing', async () => {
  const account = await fund()
  fake.fail('rate_limited', 'server_error')
  await wrap(account).chat.completions.create(ask())
  fake.fail('bad_request')
  expect(await rejection(wrap(account).chat.completions.create(ask()))).toMatchObject({ status: 400 })
  expect(await settledCharges(open.ledger, account)).toMatchObject([{ amount: COST }])
})

test("the AI SDK's Groq is metered through its fetch", async () => {
  const account = await fund()
  const groq = createGroq({
    apiKey: 'any',
    baseURL: `${fake.url}/v1`,
    // Elsewhere than at Groq's own address, the provider has to be named.
    fetch: meteredFetch(fetch, { credits: open.ledger, account, provider }),
  })
  const { usage } = await generateText({ model: groq(MODEL), prompt: 'What is new?' })
  expect(usage).toMatchObject({ inputTokens: 120, outputTokens: 40 })
  expect(await streamText({ model: groq(MODEL), prompt: 'What is new?' }).text).toBe('PostgreSQL 18 is here.')
  expect(await settledCharges(open.ledger, account)).toMatchObject([
    { amount: COST, estimated: false },
    { amount: COST, estimated: false },
  ])
})
