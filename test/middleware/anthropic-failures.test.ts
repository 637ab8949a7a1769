import { type Anthropic, APIError, APIUserAbortError } from '@anthropic-ai/sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Fetch, isInsufficientCredits } from '../../middleware/index.ts'
import { messageEvents } from '../fakes/providers/anthropic-message.ts'
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
import { collect, rejection } from './support.ts'

let bench: AnthropicBench
beforeAll(async () => {
  bench = await openAnthropicBench()
})
afterAll(() => bench.close())

const STREAM = { ...REQUEST, stream: true } as const

/** What an error tells its caller. */
const described = (error: unknown) => {
  const { name, status, message } = error as APIError
  return [name, status, withoutSerials(message)]
}

/** Ways to go wrong, the attempts that the SDK makes of each, and how many of them are charged. */
const FAILURES: [string, Parameters<AnthropicBench['standIn']['fail']>, number, number][] = [
  ['429, then ok', ['rate_limited'], 2, 1],
  ['500, three times', ['server_error', 'server_error', 'server_error'], 3, 0],
  ['400', ['bad_request'], 1, 0],
  ['a connection reset, then ok', ['reset'], 2, 1],
]

test.each(FAILURES)(
  '%s: as without metering, and charged once at most',
  async (_, faults, attempts, charges) => {
    const account = await bench.fund()
    const ask = async (anthropic: Anthropic) => {
      const before = bench.standIn.requests.length
      bench.standIn.fail(...faults)
      const seen = await anthropic.messages.create(REQUEST).catch(described)
      expect(bench.standIn.requests.length - before).toBe(attempts)
      return withoutSerials(seen)
    }
    expect(await ask(bench.client({ account }))).toEqual(await ask(bench.plain))
    expect(await bench.settledCharges(account)).toHaveLength(charges)
  },
)

test('a stream that reports an overload before it says a word costs nothing', async () => {
  const account = await bench.fund()
  const ask = async (anthropic: Anthropic) => {
    bench.standIn.fail('overloaded')
    return described(await rejection(collect(await anthropic.messages.create(STREAM))))
  }
  expect(await ask(bench.client({ account }))).toEqual(await ask(bench.plain))
  expect(await bench.settledCharges(account)).toEqual([])
})

test.each(['overloaded_midway', 'die_midway'] as const)(
  '%s: what was delivered is charged, the input as it was stated',
  async (fault) => {
    const account = await bench.fund()
    const { usage } = await bench.plain.messages.create(REQUEST)
    bench.standIn.fail(fault)
    const stream = await bench.client({ account }).messages.create(STREAM)
    await rejection(collect(stream))
    const [charge, ...more] = await bench.settledCharges(account)
    expect(more).toEqual([])
    expect(charge).toMatchObject({ model: MODEL, estimated: true })
    expect(charge?.receipt).toMatchObject({ units: { input_tokens: String(usage.input_tokens) } })
    // At least a third of the answer's tokens, and not all of them.
    const input = BigInt(usage.input_tokens) * HAIKU.input
    expect(charge?.amount).toBeGreaterThan(input + (BigInt(usage.output_tokens) * HAIKU.output) / 3n)
    expect(charge?.amount).toBeLessThan(costOfMessage(usage))
  },
)

test('a count that cannot be read keeps no stream from its caller: what was reserved is charged', async () => {
  const account = await bench.fund()
  const message = await bench.plain.messages.create(REQUEST)
  const tier = { toString: 'no text' }
  const text = messageEvents(
    { ...message, usage: { ...message.usage, service_tier: tier as never } },
    true,
  ).join('')
  const headers = { 'content-type': 'text/event-stream' }
  const own: Fetch = () => Promise.resolve(new Response(text, { headers }))
  const failures: unknown[] = []
  const onError = (_: unknown, { operation }: { operation: string }) => failures.push(operation)
  const anthropic = bench.client({ account, onError }, bench.plain.withOptions({ fetch: own }))
  const response = await anthropic.messages.create(STREAM).asResponse()
  expect(await response.text()).toBe(text)
  expect(await bench.settledCharges(account)).toMatchObject([{ estimated: true }])
  expect(failures).toContain('cost')
})

test('an early break is charged for what was delivered; after the last count, for exactly that', async () => {
  const [early, late] = [await bench.fund(), await bench.fund()]
  bench.standIn.fail('hang_midway')
  for await (const event of await bench.client({ account: early }).messages.create(STREAM))
    if (event.type === 'content_block_delta') break
  for await (const event of await bench.client({ account: late }).messages.create(STREAM))
    if (event.type === 'message_delta' && event.delta.stop_reason) break
  const { usage } = await bench.plain.messages.create(REQUEST)
  const [charge] = await bench.settledCharges(early)
  expect(charge).toMatchObject({ estimated: true })
  expect(charge?.amount).toBeGreaterThanOrEqual(BigInt(usage.input_tokens) * HAIKU.input)
  expect(charge?.amount).toBeLessThan(costOfMessage(usage))
  expect(await bench.settledCharges(late)).toMatchObject([{ amount: costOfMessage(usage), estimated: false }])
})

test('a count that is not the last one is no end: with what was delivered, the larger of the two is charged', async () => {
  const account = await bench.fund()
  const message = await bench.plain.messages.create(REQUEST)
  const events = messageEvents(message, true)
  const count = events.findIndex((event) => event.includes('"stop_reason":null,"stop_sequence":null},'))
  const cutAfter = (end: number): Fetch => {
    const sent = events.slice(0, end).join('')
    const headers = { 'content-type': 'text/event-stream' }
    return () => Promise.resolve(new Response(sent, { headers }))
  }
  for (const end of [count + 1, 3, events.length - 1]) {
    const anthropic = bench.plain.withOptions({ fetch: cutAfter(end) })
    await bench
      .client({ account }, anthropic)
      .messages.create({ ...STREAM, max_tokens: end })
      .then(collect)
  }
  const [all, none, final] = await bench.settledCharges(account)
  const input = BigInt(message.usage.input_tokens) * HAIKU.input
  expect(all).toMatchObject({ estimated: true })
  expect(all?.amount).toBeGreaterThan(input + 20n * HAIKU.output)
  // One token was stated at the start, and none was delivered.
  expect(none).toMatchObject({ estimated: true, amount: input + HAIKU.output })
  // The last count is the end, whether or not the stream goes on to say so.
  expect(final).toMatchObject({ estimated: false, amount: costOfMessage(message.usage) })
})

test('an abort ends the hold: before an answer for nothing, in mid-stream for what was delivered', async () => {
  const [before, midway] = [await bench.fund(), await bench.fund()]
  bench.standIn.fail('hang')
  const waiting = new AbortController()
  const heard = bench.standIn.requests.length
  const call = rejection(
    bench.client({ account: before }).messages.create(REQUEST, { signal: waiting.signal }),
  )
  await expect.poll(() => bench.standIn.requests.length).toBe(heard + 1)
  waiting.abort()
  expect(await call).toBeInstanceOf(APIUserAbortError)
  expect(await bench.settledCharges(before)).toEqual([])

  bench.standIn.fail('hang_midway')
  const stream = bench.client({ account: midway }).messages.stream(REQUEST)
  stream.on('text', () => stream.abort())
  expect(await rejection(stream.finalMessage())).toBeInstanceOf(APIUserAbortError)
  expect(await bench.settledCharges(midway)).toMatchObject([{ estimated: true }])
})

test('a stream that nobody reads is read to its end, and charged exactly', async () => {
  const account = await bench.fund()
  const { usage } = await bench.plain.messages.create(REQUEST)
  await bench.client({ account, drainAfter: '10ms' }).messages.create(STREAM)
  expect(await bench.settledCharges(account)).toMatchObject([
    { amount: costOfMessage(usage), estimated: false },
  ])
})

test.each([false, true])(
  'an answer without its usage is estimated, searches and all (stream: %s)',
  async (stream) => {
    const account = await bench.fund()
    bench.standIn.fail('no_usage')
    const anthropic = bench.client({ account })
    const request = { ...REQUEST, tools: [WEB_SEARCH] }
    if (stream) await collect(await anthropic.messages.create({ ...request, stream }))
    else await anthropic.messages.create(request)
    const charges = await bench.settledCharges(account)
    expect(charges).toMatchObject([
      { category: 'LLM', estimated: true },
      { category: 'WebSearch', amount: SEARCH, estimated: true },
    ])
    expect(charges[0]?.amount).toBeGreaterThan(0n)
  },
)

test('without enough credit the SDK raises its own error, at once, and the provider is not asked', async () => {
  const account = await bench.fund('0.0001')
  const anthropic = bench.client({ account })
  const before = bench.standIn.requests.length
  const calls = [
    () => anthropic.messages.create(REQUEST),
    () => anthropic.messages.create(STREAM),
    () => anthropic.messages.stream(REQUEST).finalMessage(),
    () => anthropic.beta.messages.create(REQUEST),
  ]
  for (const call of calls) {
    const error = await rejection(call())
    expect(error).toBeInstanceOf(APIError)
    expect(error).toMatchObject({ status: 402, errorCode: 'insufficient_credits' })
    // The message is a sentence, not a body in JSON.
    expect((error as APIError).message).toMatch(/^402 [^{}]+$/)
    expect(isInsufficientCredits(error)).toBe(true)
  }
  expect(bench.standIn.requests).toHaveLength(before)
  expect(await bench.settledCharges(account)).toEqual([])
})
