import { once } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createOpenAI } from '@ai-sdk/openai'
import { streamText } from 'ai'
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { holds } from '../../db/schema.ts'
import { startOpenAiStandIn } from '../../demo/openai-stand-in.ts'
import { meteredFetch, type MeteredOptions } from '../../middleware/index.ts'
import { openai as openaiProvider } from '../../middleware/providers/openai/index.ts'
import type { MeterFailure } from '../../src/meter.ts'
import { type Bench, collect, costOfChat, MODEL, openBench, rejection } from './support.ts'
import {
  chunk,
  DONE,
  readAllText,
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

/** A streamed call whose answer the test writes. */
async function openStream(account: string, options: Partial<MeteredOptions>) {
  const { response, answer } = await server.open({ account, ...options })
  return { reader: readerOf(response), answer }
}

test('a stream that nobody reads is read to its end, and charged exactly', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account, drainAfter: '10ms' })
  const expected = await bench.plain.chat.completions.create({ ...STREAMED_CHAT, stream: false })
  await openai.chat.completions.create(STREAMED_CHAT)
  expect(await bench.settledCharges(account)).toMatchObject([
    { amount: costOfChat(expected.usage), estimated: false },
  ])
})

test('a caller who comes back to a stream that was read ahead finds all of it', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account, drainAfter: '10ms' })
  const expected = await collect(await bench.plain.chat.completions.create(STREAMED_CHAT))
  const stream = await openai.chat.completions.create(STREAMED_CHAT)
  expect(await bench.settledCharges(account)).toHaveLength(1)
  expect((await collect(stream)).map(({ choices }) => choices)).toEqual(
    expected.map(({ choices }) => choices),
  )
  expect(await bench.settledCharges(account)).toHaveLength(1)
})

test('a caller who pauses again is waited for again, and not given up while it reads', async () => {
  const account = await bench.fund()
  const { reader, answer } = await openStream(account, { drainAfter: '10ms', drainFor: '100ms' })
  // Read ahead each time, and taken from slowly: longer in all than the deadline.
  const texts = Array.from({ length: 12 }, (_, n) => chunk(`piece ${n}`))
  answer.write(texts.slice(0, 6).join(''))
  let seen = ''
  while (!seen.includes('piece 5')) seen += await readText(reader)
  const started = performance.now()
  for (const text of texts.slice(6)) {
    const before = performance.now()
    answer.write(text)
    await expect.poll(() => performance.now() - before, { interval: 5 }).toBeGreaterThan(25)
    seen += await readText(reader)
  }
  expect(performance.now() - started).toBeGreaterThan(100)
  answer.end(USAGE_CHUNK + DONE)
  expect(seen + (await readAllText(reader))).toBe(texts.join('') + DONE)
  expect(await bench.settledCharges(account)).toMatchObject([{ amount: costOfChat(USAGE), estimated: false }])
})

test('a response that nobody holds any more is settled', async () => {
  const account = await bench.fund()
  const { answer, dropped } = await openAndDrop({ account, drainAfter: '100ms' })
  answer.write(chunk('Hello'))
  const collectGarbage = garbageCollector()
  const isGone = () => {
    collectGarbage()
    return dropped.deref() === undefined
  }
  await expect.poll(isGone, { interval: 5 }).toBe(true)
  answer.end(USAGE_CHUNK + DONE)
  expect(await bench.settledCharges(account)).toMatchObject([{ amount: costOfChat(USAGE), estimated: false }])
})

test('a server writes no more than the caller reads, but for what lies in the buffers of the connection', async () => {
  const account = await bench.fund()
  const { reader, answer } = await openStream(account, { drainAfter: '1h' })
  const text = chunk('x'.repeat(64 * 1024))
  let written = 0
  const write = () => {
    while (written < 2000 && !answer.destroyed) {
      written += 1
      if (!answer.write(text)) return
    }
  }
  answer.on('drain', write)
  write()
  await reader.read()
  // 125 MB are to come. Until the server has been held up for some turns of its loop:
  let before = -1
  while (written > before) {
    before = written
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  expect(written).toBeGreaterThan(1)
  expect(written).toBeLessThan(300)
  await reader.cancel()
  expect(await bench.settledCharges(account)).toMatchObject([{ estimated: true }])
})

test('a stream whose rest does not come in time is ended and estimated', async () => {
  const account = await bench.fund()
  const { reader, answer } = await openStream(account, { drainAfter: '10ms', drainFor: '50ms' })
  answer.write(chunk('Hello there'))
  const closed = once(answer, 'close')
  expect(await bench.settledCharges(account)).toMatchObject([{ estimated: true }])
  await closed
  // What had come can still not be told from a stream that goes on: the caller gets an error, not a short answer.
  expect(await rejection(readAllText(reader))).toMatchObject({
    message: expect.stringContaining('not read for too long'),
  })
})

test('the usage that has arrived counts when the caller leaves before [DONE]', async () => {
  const account = await bench.fund()
  const { reader, answer } = await openStream(account, {})
  answer.write(chunk('Hello') + USAGE_CHUNK)
  // The usage was asked for by the middleware: the caller does not see it.
  expect(await readText(reader)).toBe(chunk('Hello'))
  await reader.cancel()
  expect(await bench.settledCharges(account)).toMatchObject([{ amount: costOfChat(USAGE), estimated: false }])
  if (!answer.closed) await once(answer, 'close')
})

test('the charge does not wait for the end of the body', async () => {
  const account = await bench.fund()
  const { reader, answer } = await openStream(account, { drainAfter: '1h' })
  answer.write(chunk('Hello') + USAGE_CHUNK + DONE)
  expect(await readText(reader)).toBe(chunk('Hello') + DONE)
  expect(await bench.settledCharges(account)).toMatchObject([{ estimated: false }])
  answer.end()
  expect(await reader.read()).toEqual({ done: true, value: undefined })
})

test('each piece is passed on as it arrives, and no faster than the caller reads', async () => {
  const account = await bench.fund()
  const { reader, answer } = await openStream(account, { drainAfter: '1h' })
  for (const word of ['One', 'two', 'three']) {
    answer.write(chunk(word))
    expect(await readText(reader)).toBe(chunk(word))
  }
  // A piece cut in the middle of an event is held back until the event is whole.
  const event = chunk('four – fünf 六')
  const bytes = Buffer.from(event)
  for (const byte of bytes) answer.write(Buffer.of(byte))
  expect(await readText(reader)).toBe(event)
  answer.end(USAGE_CHUNK + DONE)
  await readAllText(reader)
  expect(await bench.settledCharges(account)).toMatchObject([{ estimated: false }])
})

test('an error that the provider streams before a word was written costs nothing', async () => {
  const account = await bench.fund()
  const { reader, answer } = await openStream(account, {})
  const event = `data: ${JSON.stringify({ error: { message: 'Overloaded.' } })}\n\n`
  answer.end(event)
  expect(await readAllText(reader)).toBe(event)
  expect(await bench.settledCharges(account)).toEqual([])
})

test('a running stream extends its hold', async () => {
  const account = await bench.fund()
  const ttlMs = 300
  const { reader, answer } = await openStream(account, { holdTtl: `${ttlMs}ms`, drainAfter: '1h' })
  const expiry = async () => {
    const [hold] = await (
      await bench.ledger.database.drizzle()
    )
      .select()
      .from(holds)
      .where(eq(holds.accountId, account))
    return hold?.expiresAt.getTime()
  }
  const start = bench.clock.now().getTime()
  expect(await expiry()).toBe(start + ttlMs)
  for (let passed = 200; passed <= 1000; passed += 200) {
    bench.clock.advance(200)
    await expect.poll(expiry, { interval: 5 }).toBe(start + passed + ttlMs)
  }
  // Long past its first end, the credit is still reserved.
  expect(await bench.ledger.balance(account)).toMatchObject({ openHolds: 1 })
  answer.end(USAGE_CHUNK + DONE)
  await readAllText(reader)
  expect(await bench.settledCharges(account)).toMatchObject([{ amount: costOfChat(USAGE), estimated: false }])
})

test('events that cannot be read reach the caller, and are charged by an estimate and told', async () => {
  const account = await bench.fund()
  const failures: [unknown, MeterFailure][] = []
  const broken = new Error('no such event')
  const { reader, answer } = await openStream(account, {
    onError: (...failure) => failures.push(failure),
    provider: {
      ...openaiProvider,
      classify: () => ({
        name: 'chat',
        async plan(request, terms) {
          const route = openaiProvider.classify('POST', '/chat/completions')
          if (typeof route === 'string') throw new Error('Chats are metered.')
          const plan = await route.plan(request, terms)
          const readEvents = () => ({
            ...plan.readEvents(),
            take: () => {
              throw broken
            },
          })
          return { ...plan, readEvents }
        },
      }),
    },
  })
  answer.end(chunk('Hello') + chunk('there') + DONE)
  expect(await readAllText(reader)).toBe(chunk('Hello') + chunk('there') + DONE)
  expect(await bench.settledCharges(account)).toMatchObject([{ estimated: true }])
  expect(failures).toMatchObject([[broken, { operation: 'cost', account }]])
})

test.each(['chat', 'responses'] as const)(
  'the AI SDK (%s): a text broken off, a result nobody reads, an abort: each ends its hold',
  async (api) => {
    const account = await bench.fund()
    // Its story is told in some 70 pieces: who leaves after the first one leaves in the middle.
    const standIn = await startOpenAiStandIn({ paceMs: 1 })
    onTestFinished(() => standIn.close())
    const provider = createOpenAI({
      baseURL: standIn.url,
      apiKey: 'any',
      fetch: meteredFetch(fetch, { credits: bench.ledger, account, drainAfter: '20ms' }),
    })
    const call = (options: { abortSignal?: AbortSignal } = {}) =>
      streamText({
        model: provider[api](MODEL),
        prompt: 'What is new in PostgreSQL 18?',
        onError: () => undefined,
        ...options,
      })

    const whole = call()
    expect(await collect(whole.textStream)).not.toEqual([])
    const [expected] = await bench.settledCharges(account)
    expect(expected).toMatchObject({ category: 'LLM', estimated: false })

    // Nothing of this is cancelled upstream: the rest is read when the caller has gone quiet.
    for await (const text of call().textStream) {
      expect(text).not.toBe('')
      break
    }
    const unread = call()
    expect(unread.textStream).toBeDefined()
    const exact = { amount: expected?.amount, estimated: false }
    expect(await chargesWhen(account, 3)).toMatchObject([exact, exact, exact])

    const caller = new AbortController()
    const aborted = call({ abortSignal: caller.signal })
    for await (const text of aborted.textStream) {
      if (text !== '') caller.abort()
    }
    expect(await chargesWhen(account, 4)).toHaveLength(4)
  },
)

/** A result that nobody reads has sent its call at some later time. */
async function chargesWhen(account: string, count: number) {
  await expect
    .poll(async () => (await bench.settledCharges(account)).length, { timeout: 5000, interval: 20 })
    .toBe(count)
  return bench.settledCharges(account)
}

/** Apart, so that nothing in the test refers to the response. */
async function openAndDrop(options: Partial<MeteredOptions>) {
  const { response, answer } = await server.open(options)
  return { answer, dropped: new WeakRef(response) }
}

function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}
