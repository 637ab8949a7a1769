import { getEventListeners, once } from 'node:events'
import OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { metered, meteredFetch, type MeteredOptions } from '../../middleware/index.ts'
import { type Bench, costOfChat, MESSAGES, MODEL, openBench, rejection } from './support.ts'
import {
  chunk,
  DONE,
  readerOf,
  readText,
  startStreamServer,
  STREAMED_CHAT,
  type StreamServer,
  USAGE,
  USAGE_CHUNK,
} from './stream-server.ts'

let bench: Bench
let server: StreamServer
beforeAll(async () => {
  bench = await openBench()
  server = await startStreamServer(bench.ledger)
})
afterAll(async () => {
  await server.close()
  await bench.close()
})

type Policy = NonNullable<MeteredOptions['onAbort']>
const POLICIES: Policy[] = ['estimate', 'drain', 'input-only']

/** Ways for a caller to leave a stream of which a piece has been written. */
const LEAVINGS = {
  async cancels(account: string, onAbort: Policy) {
    const { response, answer } = await server.open({ account, onAbort })
    const reader = readerOf(response)
    answer.write(chunk('Hello there'))
    await reader.read()
    await reader.cancel()
    return answer
  },
  async aborts(account: string, onAbort: Policy) {
    const caller = new AbortController()
    const { response, answer } = await server.open({ account, onAbort }, { signal: caller.signal })
    const reader = readerOf(response)
    answer.write(chunk('Hello there'))
    await reader.read()
    const next = rejection(reader.read())
    const reason = new Error('enough')
    caller.abort(reason)
    expect(await next).toBe(reason)
    return answer
  },
  async breaks(account: string, onAbort: Policy) {
    const openai = metered(new OpenAI({ baseURL: server.url, apiKey: 'any' }), {
      credits: bench.ledger,
      account,
      onAbort,
    })
    const stream = await openai.chat.completions.create(STREAMED_CHAT)
    const answer = server.lastAnswer()
    answer.write(chunk('Hello there'))
    for await (const piece of stream) {
      expect(piece.choices[0]?.delta.content).toBe('Hello there')
      break
    }
    return answer
  },
}
const WAYS = Object.entries(LEAVINGS)

test.each(WAYS)('a caller who %s is charged an estimate of what was delivered', async (_, leave) => {
  const account = await bench.fund()
  const answer = await leave(account, 'estimate')
  if (!answer.closed) await once(answer, 'close')
  const [charge, ...others] = await bench.settledCharges(account)
  expect(others).toEqual([])
  // "Hello there" is 11 bytes.
  expect(charge).toMatchObject({ estimated: true, receipt: { units: { output_tokens: '3' } } })
})

test.each(WAYS)('a caller who %s may be charged the input only', async (_, leave) => {
  const account = await bench.fund()
  const answer = await leave(account, 'input-only')
  if (!answer.closed) await once(answer, 'close')
  const [charge, ...others] = await bench.settledCharges(account)
  expect(others).toEqual([])
  expect(charge).toMatchObject({ estimated: true, receipt: { providerId: 'c' } })
  expect(charge?.receipt).not.toHaveProperty('units.output_tokens')
  expect(charge?.receipt).toHaveProperty('units.input_tokens')
})

test.each(WAYS)(
  'the provider of a caller who %s may be heard out, and its count charged',
  async (_, leave) => {
    const account = await bench.fund()
    const answer = await leave(account, 'drain')
    // The caller has gone; the connection has not.
    for (let n = 0; n < 100; n++) answer.write(chunk('and more'))
    expect(await bench.ledger.balance(account)).toMatchObject({ openHolds: 1 })
    expect(answer.closed).toBe(false)
    answer.end(USAGE_CHUNK + DONE)
    expect(await bench.settledCharges(account)).toMatchObject([
      { amount: costOfChat(USAGE), estimated: false },
    ])
  },
)

test.each(POLICIES)('usage that was stated before the caller left is charged (%s)', async (onAbort) => {
  const account = await bench.fund()
  const { response, answer } = await server.open({ account, onAbort })
  const reader = readerOf(response)
  answer.write(chunk('Hello') + USAGE_CHUNK + DONE)
  expect(await readText(reader)).toBe(chunk('Hello') + DONE)
  await reader.cancel()
  if (!answer.closed) await once(answer, 'close')
  expect(await bench.settledCharges(account)).toMatchObject([{ amount: costOfChat(USAGE), estimated: false }])
})

test.each(POLICIES)('an abort before anybody reads ends the call (%s)', async (onAbort) => {
  const account = await bench.fund()
  const caller = new AbortController()
  const { response, answer } = await server.open({ account, onAbort }, { signal: caller.signal })
  caller.abort()
  if (onAbort === 'drain') answer.end(chunk('Hello') + USAGE_CHUNK + DONE)
  else if (!answer.closed) await once(answer, 'close')
  expect(await bench.settledCharges(account)).toMatchObject([{ estimated: onAbort !== 'drain' }])
  expect(await rejection(response.text())).toMatchObject({ name: 'AbortError' })
})

test('a provider that is heard out has a deadline', async () => {
  const account = await bench.fund()
  const { response, answer } = await server.open({ account, onAbort: 'drain', drainFor: '50ms' })
  const reader = readerOf(response)
  answer.write(chunk('Hello'))
  await reader.read()
  await reader.cancel()
  if (!answer.closed) await once(answer, 'close')
  expect(await bench.settledCharges(account)).toMatchObject([{ estimated: true }])
})

test('a provider that fails while it is heard out: what was delivered is charged as an estimate', async () => {
  const account = await bench.fund()
  const { response, answer } = await server.open({ account, onAbort: 'drain' })
  const reader = readerOf(response)
  answer.write(chunk('Hello there'))
  await reader.read()
  await reader.cancel()
  answer.destroy()
  expect(await bench.settledCharges(account)).toMatchObject([{ estimated: true }])
})

test('an abort before the answer ends the attempt, and costs nothing', async () => {
  const account = await bench.fund()
  bench.standIn.fail('hang')
  const caller = new AbortController()
  const sent = bench.standIn.requests.length
  const openai = bench.client({ account, onAbort: 'drain' })
  const call = rejection(
    openai.chat.completions.create({ model: MODEL, messages: MESSAGES }, { signal: caller.signal }),
  )
  await expect.poll(() => bench.standIn.requests.length, { interval: 5 }).toBe(sent + 1)
  caller.abort()
  expect(await call).toBeInstanceOf(OpenAI.APIUserAbortError)
  expect(await bench.settledCharges(account)).toEqual([])
  await expect.poll(() => bench.standIn.requests.at(-1)?.disconnected).toBe(true)
})

test('a plain answer whose caller aborts is heard out too', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account, onAbort: 'drain' })
  const caller = new AbortController()
  const request = { model: MODEL, messages: MESSAGES }
  const response = await openai.chat.completions.create(request, { signal: caller.signal }).asResponse()
  caller.abort()
  expect(await rejection(response.text())).toMatchObject({ name: 'AbortError' })
  const { usage } = await bench.plain.chat.completions.create(request)
  expect(await bench.settledCharges(account)).toMatchObject([{ amount: costOfChat(usage), estimated: false }])
})

test("a caller's signal is let go of when the call has ended", async () => {
  const account = await bench.fund()
  const { signal } = new AbortController()
  const body = JSON.stringify(STREAMED_CHAT)
  const ours = meteredFetch(fetch, { credits: bench.ledger, account, onAbort: 'drain' })
  for (const stream of [true, false]) {
    const response = await ours(`${bench.standIn.url}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: stream ? body : JSON.stringify({ ...STREAMED_CHAT, stream }),
      signal,
    })
    await response.text()
  }
  expect(await bench.settledCharges(account)).toHaveLength(2)
  expect(getEventListeners(signal, 'abort')).toEqual([])
})
