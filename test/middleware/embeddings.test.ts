import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openai as provider } from '../../middleware/providers/openai/index.ts'
import { MeteredRequest } from '../../middleware/request.ts'
import { publishedRates } from '../../src/rates/published.ts'
import { type Bench, collect, openBench, rejection } from './support.ts'

let bench: Bench
beforeAll(async () => {
  bench = await openBench()
})
afterAll(() => bench.close())

const MODEL = 'text-embedding-3-small'
/** $0.02 a million tokens, at 100 credits a dollar. */
const TOKEN = 2n

const INPUTS = ['PostgreSQL 18', 'brings asynchronous I/O to scans and vacuum']

test('embeddings are charged by the tokens of their input, and come out the same', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account })
  const expected = await bench.plain.embeddings.create({ model: MODEL, input: INPUTS })
  const before = bench.standIn.requests.length
  const given = await openai.embeddings.create({ model: MODEL, input: INPUTS })
  expect(given).toEqual(expected)
  expect(given.data[0]?.embedding).toHaveLength(8)
  // The SDK asks for base64, and gives numbers.
  expect(bench.standIn.requests[before]?.body).toEqual({
    model: MODEL,
    input: INPUTS,
    encoding_format: 'base64',
  })
  expect(await bench.settledCharges(account)).toMatchObject([
    {
      category: 'LLM',
      amount: BigInt(given.usage.prompt_tokens) * TOKEN,
      model: MODEL,
      estimated: false,
    },
  ])
})

test('an answer without usage is charged by an estimate', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account })
  await openai.embeddings.create(
    { model: MODEL, input: INPUTS, encoding_format: 'float' },
    { headers: { 'x-stand-in-fault': 'no_usage' } },
  )
  const [charge, ...more] = await bench.settledCharges(account)
  expect(more).toEqual([])
  expect(charge).toMatchObject({ estimated: true })
  expect(charge?.amount).toBeGreaterThan(0n)
})

test.each([
  ['a text', 'x'.repeat(30_000), 8191],
  ['texts, each of which may be as long as the window', ['x'.repeat(30_000), 'x'.repeat(30_000)], 16_382],
  ['the tokens of a text', Array.from({ length: 2000 }, () => 7), 2000],
])('what is reserved for %s is about what it may cost', async (_, input, atMost) => {
  const body = JSON.stringify({ model: MODEL, input })
  const request = new MeteredRequest('https://api.openai.com/v1/embeddings', { method: 'POST', body })
  const route = provider.classify('POST', '/embeddings')
  if (typeof route === 'string') throw new Error('It is no route.')
  const rates = publishedRates.find('openai', MODEL, new Date())
  const plan = await route.plan(request, {
    modelNamed: (name) => name,
    ratesOf: () => rates,
    requireRates: () => rates,
    serviceRates: () => rates!,
    unpriced: () => {},
    strict: false,
    maxOutputTokens: 4096,
    askForUsage: false,
    maxAudioSeconds: 60,
  })
  const tokens = Number(plan.estimate[0]?.usage['input_tokens'])
  expect(tokens).toBeGreaterThanOrEqual(Math.min(atMost, body.length / 4))
  expect(tokens).toBeLessThanOrEqual(Math.max(atMost, body.length / 2 + 1))
})

test('a completion of the old kind is charged by its usage, plain and streamed', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account })
  const asked = { model: 'gpt-3.5-turbo-instruct', prompt: 'What is new?', max_tokens: 200 }
  const { usage } = await openai.completions.create(asked)
  // $1.50 a million tokens in, $2 out.
  const amount = BigInt(usage?.prompt_tokens ?? 0) * 150n + BigInt(usage?.completion_tokens ?? 0) * 200n
  expect(amount).toBeGreaterThan(0n)
  const expected = await collect(await bench.plain.completions.create({ ...asked, stream: true }))
  // The usage is asked for, and kept from a caller who did not.
  const chunks = await collect(await openai.completions.create({ ...asked, stream: true }))
  expect(chunks).toEqual(expected.map((chunk) => ({ ...chunk, id: chunks[0]?.id })))
  expect(bench.standIn.requests.at(-1)?.body).toMatchObject({ stream_options: { include_usage: true } })
  const charges = await bench.settledCharges(account)
  expect(charges).toHaveLength(2)
  for (const charge of charges) expect(charge).toMatchObject({ category: 'LLM', amount, estimated: false })
})

test('completions of several prompts and candidates are reserved for', async () => {
  const account = await bench.fund('0.03')
  const openai = bench.client({ account, estimate: 'strict' })
  const asked = { model: 'gpt-3.5-turbo-instruct', prompt: 'Hello' }
  await openai.completions.create({ ...asked, max_tokens: 60 })
  await bench.settledCharges(account)
  const before = bench.standIn.requests.length
  for (const many of [{ n: 2 }, { best_of: 2 }, { prompt: ['Hello', 'Hello'] }]) {
    const error = await rejection(openai.completions.create({ ...asked, max_tokens: 60, ...many }))
    expect(error).toMatchObject({ status: 402, code: 'insufficient_credits' })
  }
  expect(bench.standIn.requests).toHaveLength(before)
})

test('a large answer is passed on byte by byte', async () => {
  const account = await bench.fund()
  const vector = createHash('sha256').update('x').digest('base64').repeat(200)
  const answer = JSON.stringify({
    object: 'list',
    data: Array.from({ length: 500 }, (_, index) => ({ object: 'embedding', index, embedding: vector })),
    model: MODEL,
    usage: { prompt_tokens: 7, total_tokens: 7 },
  })
  const from = bench.plain.withOptions({
    fetch: () => Promise.resolve(new Response(answer, { headers: { 'content-type': 'application/json' } })),
  })
  const response = await bench
    .client({ account }, from)
    .embeddings.create({ model: MODEL, input: INPUTS, encoding_format: 'base64' })
    .asResponse()
  expect(await response.text()).toBe(answer)
  expect(await bench.settledCharges(account)).toMatchObject([{ amount: 7n * TOKEN, estimated: false }])
})
