import { AzureOpenAI } from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Fetch, metered, type MeteredOptions } from '../../middleware/index.ts'
import { type Bench, collect, costOfChat, MESSAGES, MODEL, openBench, rejection } from './support.ts'

let bench: Bench
beforeAll(async () => {
  bench = await openBench()
})
afterAll(() => bench.close())

const ENDPOINT = 'https://example.openai.azure.com'
const STABLE = '2024-10-21'

interface Sent {
  readonly path: string
  readonly body: Record<string, unknown>
}

/** Azure as the stand-in would be it: every deployment is of this model. */
function azureOf(deployed: string, apiVersion = STABLE) {
  const sent: Sent[] = []
  const fetch: Fetch = (input, init) => {
    const { pathname, search } = new URL(input instanceof Request ? input.url : input)
    const body = typeof init?.body === 'string' ? (JSON.parse(init.body) as Record<string, unknown>) : {}
    sent.push({ path: pathname + search, body })
    const path = pathname.replace(/^\/openai(\/v1)?(\/deployments\/[^/]+)?/, '')
    const served = typeof init?.body === 'string' ? JSON.stringify({ ...body, model: deployed }) : init?.body
    return globalThis.fetch(bench.standIn.url + path, { ...init, ...(served ? { body: served } : {}) })
  }
  const client = (deployment?: string) =>
    new AzureOpenAI({ endpoint: ENDPOINT, apiKey: 'any', apiVersion, deployment, fetch })
  return { sent, client }
}

const ours = (client: AzureOpenAI, account: string, options: Partial<MeteredOptions> = {}) =>
  metered(client, { credits: bench.ledger, account, ...options })

test('a deployment that is called as its model is charged by Azure’s price of it', async () => {
  const account = await bench.fund()
  const { client, sent } = azureOf(MODEL)
  const { usage } = await ours(client(), account).chat.completions.create({
    model: MODEL,
    messages: MESSAGES,
  })
  expect(sent).toMatchObject([
    { path: `/openai/deployments/${MODEL}/chat/completions?api-version=${STABLE}` },
  ])
  const [charge] = await bench.settledCharges(account)
  expect(charge).toMatchObject({ model: MODEL, amount: costOfChat(usage), estimated: false })
  expect(charge?.receipt).toMatchObject({ provider: 'azure' })
})

test('a deployment of a name of its own is refused, with what to say', async () => {
  const account = await bench.fund()
  const { client, sent } = azureOf(MODEL)
  const openai = ours(client(), account)
  const error = await rejection(openai.chat.completions.create({ model: 'our-chat', messages: MESSAGES }))
  expect(error).toMatchObject({
    status: 400,
    code: 'unknown_price',
    message: expect.stringContaining("modelNames: { 'our-chat'"),
  })
  expect(sent).toEqual([])
})

test('named in the options, it is charged as the model that it is', async () => {
  const account = await bench.fund()
  const { client, sent } = azureOf(MODEL)
  const openai = ours(client(), account, { modelNames: { 'our-chat': MODEL } })
  const { usage } = await openai.chat.completions.create({ model: 'our-chat', messages: MESSAGES })
  // The name stays what it is on the wire.
  expect(sent).toMatchObject([{ path: expect.stringContaining('/deployments/our-chat/') }])
  expect(await bench.settledCharges(account)).toMatchObject([
    { model: MODEL, amount: costOfChat(usage), estimated: false },
  ])
})

test('where only the body names a model, that is the price before, and the answer’s model the one after', async () => {
  const account = await bench.fund()
  const { client } = azureOf(MODEL)
  const openai = ours(client('our-chat'), account)
  const { usage } = await openai.chat.completions.create({ model: 'gpt-4o', messages: MESSAGES })
  expect(await bench.settledCharges(account)).toMatchObject([
    { amount: costOfChat(usage), model: expect.stringContaining(MODEL), estimated: false },
  ])
})

test.each<[string, string, boolean]>([
  ['a recent version', STABLE, true],
  ['a preview of a recent version', '2025-01-01-preview', true],
  ['a version that refuses such a question', '2024-06-01', false],
])('the usage of a stream is asked for in %s', async (_, apiVersion, asked) => {
  const account = await bench.fund()
  const { client, sent } = azureOf(MODEL, apiVersion)
  const openai = ours(client(), account)
  const request = { model: MODEL, messages: MESSAGES, stream: true as const }
  const chunks = await collect(await openai.chat.completions.create(request))
  expect(chunks.some((chunk) => 'usage' in chunk)).toBe(false)
  expect(sent[0]?.body['stream_options']).toEqual(asked ? { include_usage: true } : undefined)
  expect(await bench.settledCharges(account)).toMatchObject([{ estimated: !asked }])
})

test('a chat over data of its own is not asked, because Azure refuses that', async () => {
  const account = await bench.fund()
  const { client, sent } = azureOf(MODEL)
  const request = { model: MODEL, messages: MESSAGES, stream: true as const, data_sources: [{ type: 'any' }] }
  await collect(await ours(client(), account).chat.completions.create(request))
  expect(sent[0]?.body).not.toHaveProperty('stream_options')
  expect(await bench.settledCharges(account)).toMatchObject([{ estimated: true }])
})

test('a response in the background is found again at its version of the API', async () => {
  const account = await bench.fund()
  const { client, sent } = azureOf(MODEL, '2025-03-01-preview')
  const openai = ours(client(), account, { backgroundFor: 20 })
  const { id } = await openai.responses.create({ model: MODEL, input: 'Hello', background: true })
  // Still at work when it is asked for: what was reserved is charged.
  expect(await bench.settledCharges(account)).toMatchObject([{ estimated: true }])
  expect(sent.map(({ path }) => path)).toEqual([
    '/openai/responses?api-version=2025-03-01-preview',
    `/openai/responses/${id}?api-version=2025-03-01-preview`,
  ])
})

test('embeddings and transcriptions go to their deployments too', async () => {
  const account = await bench.fund()
  const { client, sent } = azureOf('text-embedding-3-small')
  const { usage } = await ours(client('our-vectors'), account, {
    modelNames: { 'our-vectors': 'text-embedding-3-small' },
  }).embeddings.create({ model: 'our-vectors', input: 'Hello' })
  expect(sent).toMatchObject([{ path: expect.stringContaining('/deployments/our-vectors/embeddings?') }])
  // $0.02 a million tokens.
  expect(await bench.settledCharges(account)).toMatchObject([
    { amount: BigInt(usage.prompt_tokens) * 2n, model: 'text-embedding-3-small', estimated: false },
  ])
})
