import OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Fault } from '../../demo/openai-stand-in.ts'
import { type Bench, collect, costOfChat, MESSAGES, MODEL, openBench, rejection } from './support.ts'

let bench: Bench
beforeAll(async () => {
  bench = await openBench()
})
afterAll(() => bench.close())

const REQUEST = { model: MODEL, messages: MESSAGES }
const PLAIN = (openai: OpenAI) => openai.chat.completions.create(REQUEST)
const STREAMED = async (openai: OpenAI) =>
  collect(await openai.chat.completions.create({ ...REQUEST, stream: true }))

/** How many attempts reached the stand-in while `act` ran. */
async function attempts(act: () => Promise<unknown>): Promise<number> {
  const before = bench.standIn.requests.length
  await act()
  return bench.standIn.requests.length - before
}

test.each([
  ['plain', PLAIN],
  ['streamed', STREAMED],
])('429 and then an answer: one hold each, one charge, %s', async (_, call) => {
  const account = await bench.fund()
  const openai = bench.client({ account })
  bench.standIn.fail('rate_limited')
  expect(await attempts(() => call(openai))).toBe(2)
  const { usage } = await PLAIN(bench.plain)
  expect(await bench.settledCharges(account)).toMatchObject([{ amount: costOfChat(usage), estimated: false }])
})

test.each<[string, Fault, number, unknown]>([
  ['a server that fails each time', 'server_error', 3, OpenAI.InternalServerError],
  ['a request that is wrong', 'bad_request', 1, OpenAI.BadRequestError],
  ['a connection that is reset', 'reset', 3, OpenAI.APIConnectionError],
])('%s costs nothing', async (_, fault, expectedAttempts, errorType) => {
  const account = await bench.fund()
  const openai = bench.client({ account })
  for (const call of [PLAIN, STREAMED]) {
    bench.standIn.fail(...Array.from({ length: expectedAttempts }, () => fault))
    const made = await attempts(async () => {
      expect(await rejection(call(openai))).toBeInstanceOf(errorType)
    })
    expect(made).toBe(expectedAttempts)
  }
  expect(await bench.settledCharges(account)).toEqual([])
})

test('a server that dies in mid-stream: what was delivered is charged as an estimate', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account }, bench.plain.withOptions({ maxRetries: 0 }))
  bench.standIn.fail('die_midway', 'die_midway')
  const expected = await rejection(STREAMED(bench.plain.withOptions({ maxRetries: 0 })))
  const error = await rejection(STREAMED(openai))
  expect((error as Error).constructor).toBe((expected as Error).constructor)
  expect(await bench.settledCharges(account)).toMatchObject([{ category: 'LLM', estimated: true }])
})

test.each<Fault>(['die_midway', 'die_at_once'])(
  'a plain answer whose head came and whose body does not (%s) was paid for: charged as an estimate',
  async (fault) => {
    const account = await bench.fund()
    const openai = bench.client({ account }, bench.plain.withOptions({ maxRetries: 0 }))
    bench.standIn.fail(fault)
    await rejection(PLAIN(openai))
    expect(await bench.settledCharges(account)).toMatchObject([{ category: 'LLM', estimated: true }])
  },
)

test('a plain answer that nobody reads, or that is cancelled, is charged exactly', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account })
  await openai.chat.completions.create(REQUEST).asResponse()
  const cancelled = await openai.chat.completions.create(REQUEST).asResponse()
  await cancelled.body?.cancel()
  const amount = costOfChat((await PLAIN(bench.plain)).usage)
  expect(await bench.settledCharges(account)).toMatchObject([
    { amount, estimated: false },
    { amount, estimated: false },
  ])
})

test('a plain answer that is cancelled and does not come in time is estimated', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account, drainFor: '50ms' })
  bench.standIn.fail('hang_midway')
  const cancelled = await openai.chat.completions.create(REQUEST).asResponse()
  await cancelled.body?.cancel()
  expect(await bench.settledCharges(account)).toMatchObject([{ estimated: true }])
  await expect.poll(() => bench.standIn.requests.at(-1)?.disconnected).toBe(true)
})

test('a stream that ends before its first word costs nothing', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account }, bench.plain.withOptions({ maxRetries: 0 }))
  bench.standIn.fail('die_at_once')
  await rejection(STREAMED(openai))
  expect(await bench.settledCharges(account)).toEqual([])
})

test.each([
  ['plain', PLAIN],
  ['streamed', STREAMED],
])('an answer that states no usage is charged by an estimate, %s', async (_, call) => {
  const account = await bench.fund()
  const openai = bench.client({ account })
  bench.standIn.fail('no_usage')
  await call(openai)
  const [charge, ...more] = await bench.settledCharges(account)
  expect(more).toEqual([])
  expect(charge).toMatchObject({ estimated: true })
  const { usage } = await PLAIN(bench.plain)
  // Within a factor of four of what it was.
  expect(charge?.amount).toBeGreaterThan(costOfChat(usage) / 4n)
  expect(charge?.amount).toBeLessThan(costOfChat(usage) * 4n)
})

test('a timeout gives the credit back, and each attempt has a hold of its own', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account }, bench.plain.withOptions({ maxRetries: 1, timeout: 400 }))
  bench.standIn.fail('hang', 'hang')
  const made = await attempts(async () => {
    expect(await rejection(PLAIN(openai))).toBeInstanceOf(OpenAI.APIConnectionTimeoutError)
  })
  expect(made).toBe(2)
  expect(await bench.settledCharges(account)).toEqual([])
})

test('an abort before the answer gives the credit back', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account })
  const abort = new AbortController()
  bench.standIn.fail('hang')
  const before = bench.standIn.requests.length
  const call = rejection(openai.chat.completions.create(REQUEST, { signal: abort.signal }))
  await expect.poll(() => bench.standIn.requests.length).toBe(before + 1)
  expect(await bench.ledger.balance(account)).toMatchObject({ openHolds: 1 })
  abort.abort()
  expect(await call).toBeInstanceOf(OpenAI.APIUserAbortError)
  expect(await bench.settledCharges(account)).toEqual([])
})

test('an abort while the credit is being reserved is noticed at once, and the hold given back when it comes', async () => {
  const account = await bench.fund()
  const asked = Promise.withResolvers<void>()
  const allowed = Promise.withResolvers<void>()
  const authorize: Bench['ledger']['authorize'] = async (...input) => {
    asked.resolve()
    await allowed.promise
    return bench.ledger.authorize(...input)
  }
  const credits = new Proxy(bench.ledger, {
    get(target, name) {
      if (name === 'authorize') return authorize
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  const abort = new AbortController()
  const openai = bench.client({ account, credits })
  const made = await attempts(async () => {
    const call = rejection(openai.chat.completions.create(REQUEST, { signal: abort.signal }))
    await asked.promise
    abort.abort()
    expect(await call).toBeInstanceOf(OpenAI.APIUserAbortError)
    allowed.resolve()
    await bench.ledger.settled()
  })
  expect(made).toBe(0)
  expect(await bench.settledCharges(account)).toEqual([])
})

test('a plain answer that is too long to be kept is charged though nobody reads it, and comes through', async () => {
  const account = await bench.fund()
  const piece = new Uint8Array(1024 * 1024)
  let pieces = 66
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (pieces-- > 0) controller.enqueue(piece)
      else controller.close()
    },
  })
  const from = bench.plain.withOptions({ fetch: () => Promise.resolve(new Response(body)) })
  const unread = await bench.client({ account }, from).chat.completions.create(REQUEST).asResponse()
  expect(await bench.settledCharges(account)).toMatchObject([{ estimated: true }])
  expect((await unread.arrayBuffer()).byteLength).toBe(66 * piece.byteLength)
})

test('an abort in mid-stream ends the request at the provider, and is charged by an estimate', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account })
  const abort = new AbortController()
  bench.standIn.fail('hang_midway')
  const stream = await openai.chat.completions.create({ ...REQUEST, stream: true }, { signal: abort.signal })
  const pieces: string[] = []
  for await (const chunk of stream) {
    pieces.push(chunk.choices[0]?.delta.content ?? '')
    if (pieces.length === 3) abort.abort()
  }
  expect(pieces.length).toBeGreaterThanOrEqual(3)
  expect(await bench.settledCharges(account)).toMatchObject([{ estimated: true }])
  await expect.poll(() => bench.standIn.requests.at(-1)?.disconnected).toBe(true)
})

test('an abort before anyone reads the stream is noticed', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account, drainAfter: '1h' })
  const abort = new AbortController()
  bench.standIn.fail('hang_midway')
  await openai.chat.completions.create({ ...REQUEST, stream: true }, { signal: abort.signal })
  expect(await bench.ledger.balance(account)).toMatchObject({ openHolds: 1 })
  abort.abort()
  expect(await bench.settledCharges(account)).toMatchObject([{ estimated: true }])
})
