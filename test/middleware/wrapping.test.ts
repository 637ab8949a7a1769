import { Readable } from 'node:stream'
import OpenAI, { AzureOpenAI } from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Fetch, metered, meteredFetch } from '../../middleware/index.ts'
import { type Bench, costOfChat, MESSAGES, MODEL, openBench, rejection } from './support.ts'

let bench: Bench
beforeAll(async () => {
  bench = await openBench()
})
afterAll(() => bench.close())

const REQUEST = { model: MODEL, messages: MESSAGES }

test('the client is of the same type, and the one passed in stays unmetered', async () => {
  class Ours extends OpenAI {
    readonly ours = 'yes'
  }
  const account = await bench.fund()
  const plain = new Ours({ baseURL: bench.standIn.url, apiKey: 'any', maxRetries: 7, timeout: 5000 })
  const openai = metered(plain, { credits: bench.ledger, account })
  expect(openai).toBeInstanceOf(Ours)
  expect(openai).toMatchObject({ ours: 'yes', maxRetries: 7, timeout: 5000, baseURL: bench.standIn.url })
  await plain.chat.completions.create(REQUEST)
  expect(await bench.settledCharges(account)).toEqual([])
})

test('metering twice charges once, by the options given last', async () => {
  const [first, second] = [await bench.fund(), await bench.fund()]
  const once = bench.client({ account: first })
  const twice = bench.client({ account: second }, bench.client({ account: first }, once))
  await twice.chat.completions.create(REQUEST)
  expect(await bench.settledCharges(first)).toEqual([])
  expect(await bench.settledCharges(second)).toHaveLength(1)
})

test('metering twice charges once, with a fetch of the caller in between; what else that one sends is charged too', async () => {
  const [account, other] = [await bench.fund(), await bench.fund()]
  const inner = meteredFetch(fetch, { credits: bench.ledger, account: other })
  let sendsAnother = false
  const own: Fetch = async (input, init) => {
    if (sendsAnother) {
      const body = JSON.stringify({ ...REQUEST, user: 'another' })
      await (await inner(input, { ...init, body })).text()
    }
    return inner(input, init)
  }
  const openai = bench.client({ account }, bench.plain.withOptions({ fetch: own }))
  await openai.chat.completions.create(REQUEST)
  expect(await bench.settledCharges(account)).toHaveLength(1)
  expect(await bench.settledCharges(other)).toEqual([])
  sendsAnother = true
  await openai.chat.completions.create(REQUEST)
  expect(await bench.settledCharges(account)).toHaveLength(2)
  expect(await bench.settledCharges(other)).toHaveLength(1)
})

test('children made by withOptions are metered', async () => {
  const account = await bench.fund()
  const child = bench
    .client({ account })
    .withOptions({ maxRetries: 0, timeout: 4000 })
    .withOptions({ project: 'p' })
  await child.chat.completions.create(REQUEST)
  // And one that goes to another address of the same server.
  await child.withOptions({ baseURL: `${bench.standIn.url}/` }).chat.completions.create(REQUEST)
  expect(await bench.settledCharges(account)).toHaveLength(2)
})

test('client.post() is metered by its path', async () => {
  const account = await bench.fund()
  const completion = await bench
    .client({ account })
    .post<OpenAI.ChatCompletion>('/chat/completions', { body: REQUEST })
  expect(await bench.settledCharges(account)).toMatchObject([{ amount: costOfChat(completion.usage) }])
})

test('a client of Azure names its deployment in the path', async () => {
  const account = await bench.fund()
  const paths: string[] = []
  const rerouted: Fetch = (input, init) => {
    paths.push(new URL(input instanceof Request ? input.url : input).pathname)
    return fetch(`${bench.standIn.url}/chat/completions`, init)
  }
  const azure = new AzureOpenAI({
    endpoint: 'https://example.openai.azure.com',
    apiKey: 'any',
    apiVersion: '2024-10-21',
    fetch: rerouted,
  })
  const openai = metered(azure, { credits: bench.ledger, account })
  expect(openai).toBeInstanceOf(AzureOpenAI)
  await openai.chat.completions.create(REQUEST)
  expect(paths).toEqual([`/openai/deployments/${MODEL}/chat/completions`])
  const [charge, ...more] = await bench.settledCharges(account)
  expect(more).toEqual([])
  expect(charge?.receipt).toMatchObject({ provider: 'azure' })
})

test('the global fetch is looked up at each call, also when it is metered itself', async () => {
  const account = await bench.fund()
  const original = globalThis.fetch
  const seen: string[] = []
  const openai = new OpenAI({
    baseURL: bench.standIn.url,
    apiKey: 'any',
    fetch: meteredFetch(original, { credits: bench.ledger, account }),
  })
  try {
    globalThis.fetch = (input, init) => {
      seen.push('traced')
      return original(input, init)
    }
    await openai.chat.completions.create(REQUEST)
    globalThis.fetch = meteredFetch(original, { credits: bench.ledger, account })
    await openai.chat.completions.create(REQUEST)
  } finally {
    globalThis.fetch = original
  }
  expect(seen).toEqual(['traced'])
  expect(await bench.settledCharges(account)).toHaveLength(2)
})

test('a metered fetch is the fetch it is made of, in all but its calls', () => {
  const own = Object.assign((() => Promise.reject(new Error('unused'))) as Fetch, { preconnect: 'yes' })
  const ours = meteredFetch(own, { credits: bench.ledger })
  expect(ours).toHaveProperty('preconnect', 'yes')
  expect(ours.length).toBe(own.length)
  expect(ours).not.toBe(own)
})

test('what is free goes through untouched, with the very same arguments', async () => {
  const seen: unknown[][] = []
  const own: Fetch = (...given) => {
    seen.push(given)
    return Promise.resolve(new Response('fine'))
  }
  const ours = meteredFetch(own, { credits: bench.ledger })
  const init = { method: 'POST', body: 'x' }
  const calls: [string | URL | Request, RequestInit | undefined][] = [
    ['https://api.openai.com/v1/models', undefined],
    [new URL('https://api.openai.com/v1/responses/resp_1'), {}],
    [new Request('https://api.openai.com/v1/files/f', { method: 'DELETE' }), undefined],
    ['https://api.openai.com/v1/files', init],
    ['https://api.openai.com/v1/moderations', init],
    ['https://example.com/picture.png', undefined],
  ]
  for (const call of calls) expect(await (await ours(...call)).text()).toBe('fine')
  expect(seen).toHaveLength(calls.length)
  for (const [i, given] of seen.entries())
    for (const [j, value] of given.entries()) expect(value).toBe(calls[i]![j])
})

test.each<[string, () => Parameters<Fetch>]>([
  ['a Request', () => [new Request(`${bench.standIn.url}/chat/completions`, post(JSON.stringify(REQUEST)))]],
  ['bytes', () => [`${bench.standIn.url}/chat/completions`, post(Buffer.from(JSON.stringify(REQUEST)))]],
  ['a Blob', () => [`${bench.standIn.url}/chat/completions`, post(new Blob([JSON.stringify(REQUEST)]))]],
  [
    'a stream, with the length of another body',
    () => [
      `${bench.standIn.url}/chat/completions`,
      {
        ...post(new Blob([JSON.stringify(REQUEST)]).stream()),
        headers: { 'content-type': 'application/json', 'content-length': '3' },
        duplex: 'half',
      },
    ],
  ],
])('a body given as %s is read and sent whole', async (_, call) => {
  const account = await bench.fund()
  const response = await meteredFetch(fetch, { credits: bench.ledger, account })(...call())
  expect(response.status).toBe(200)
  const completion = (await response.json()) as OpenAI.ChatCompletion
  expect(bench.standIn.requests.at(-1)?.body).toEqual(REQUEST)
  expect(await bench.settledCharges(account)).toMatchObject([{ amount: costOfChat(completion.usage) }])
})

test('a body that cannot be read is refused', async () => {
  const account = await bench.fund()
  const ours = meteredFetch(fetch, { credits: bench.ledger, account })
  const before = bench.standIn.requests.length
  for (const path of ['chat/completions', 'audio/transcriptions']) {
    const response = await ours(`${bench.standIn.url}/${path}`, post('not what it should be'))
    expect(response.status).toBe(400)
    expect(response.headers.get('x-should-retry')).toBe('false')
    expect(await response.json()).toMatchObject({ error: { code: 'unknown_price' } })
  }
  expect(bench.standIn.requests).toHaveLength(before)
})

test('the caller gets the very headers of the answer, and its URL', async () => {
  const account = await bench.fund()
  const answers: Response[] = []
  const own: Fetch = async (...given) => {
    const answer = await fetch(...given)
    answers.push(answer)
    return answer
  }
  const response = await meteredFetch(own, { credits: bench.ledger, account })(
    `${bench.standIn.url}/chat/completions`,
    post(JSON.stringify(REQUEST)),
  )
  expect(response.headers).toBe(answers[0]?.headers)
  expect(response).toMatchObject({
    url: `${bench.standIn.url}/chat/completions`,
    redirected: false,
    type: 'basic',
  })
  await response.arrayBuffer()
  expect(await bench.settledCharges(account)).toHaveLength(1)
})

test('a fetch that answers without web streams is refused, and what it bought is charged', async () => {
  const account = await bench.fund()
  const answer = { ok: true, status: 200, headers: new Headers(), body: Readable.from(['{}']) }
  const own: Fetch = () => Promise.resolve(answer as unknown as Response)
  const ours = meteredFetch(own, { credits: bench.ledger, account })
  const call = ours(`${bench.standIn.url}/chat/completions`, post(JSON.stringify(REQUEST)))
  expect(await rejection(call)).toBeInstanceOf(TypeError)
  expect(await bench.settledCharges(account)).toMatchObject([{ estimated: true }])
})

test('what fetch itself throws comes through, and the credit comes back', async () => {
  const account = await bench.fund()
  const problem = new TypeError('fetch failed')
  const ours = meteredFetch(() => Promise.reject(problem), { credits: bench.ledger, account })
  expect(await rejection(ours(`${bench.standIn.url}/chat/completions`, post(JSON.stringify(REQUEST))))).toBe(
    problem,
  )
  expect(await bench.settledCharges(account)).toEqual([])
})

test.each([
  [{ markup: '0' }, 'invalid_setting'],
  [{ markup: '-1' }, 'invalid_setting'],
  [{ creditsPerDollar: 'many' }, 'invalid_setting'],
  [{ creditsPerDollar: 100 as unknown as string }, 'invalid_setting'],
  [{ maxOutputTokens: 0.5 }, 'invalid_setting'],
  [{ unpriced: 'ignore' as 'record' }, 'invalid_setting'],
  [{ baseURL: 'nowhere' }, 'invalid_setting'],
  [{ drainAfter: 'soon' }, 'invalid_duration'],
])('options that make no sense are refused: %o', (options, code) => {
  expect(() => meteredFetch(fetch, { credits: bench.ledger, ...options })).toThrow(
    expect.objectContaining({ code }) as Error,
  )
})

const post = (body: NonNullable<RequestInit['body']>): RequestInit => ({
  method: 'POST',
  body,
  headers: { 'content-type': 'application/json' },
})
