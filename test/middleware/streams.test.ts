import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { holds } from '../../db/schema.ts'
import { meteredFetch } from '../../middleware/index.ts'
import { type Bench, collect, costOfChat, MESSAGES, MODEL, openBench, rejection } from './support.ts'

let bench: Bench
let server: Server
/** The open answers of a server that sends what the test writes, when the test writes it. */
const answers: ServerResponse[] = []
beforeAll(async () => {
  bench = await openBench()
  server = createServer((request, response) => {
    request.resume()
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
    answers.push(response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(async () => {
  server.close()
  server.closeAllConnections()
  await bench.close()
})

const REQUEST = { model: MODEL, messages: MESSAGES, stream: true } as const

const chunk = (content: string) =>
  `data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, delta: { content } }] })}\n\n`
const USAGE = { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 }
const USAGE_CHUNK = `data: ${JSON.stringify({ id: 'c', choices: [], usage: USAGE })}\n\n`

/** A streamed call to the server above: its response, and the answer to write to. */
async function openStream(
  account: string,
  options: { drainAfter?: string; drainFor?: string; holdTtl?: string },
) {
  const { port } = server.address() as AddressInfo
  const ours = meteredFetch(fetch, { credits: bench.ledger, account, ...options })
  const response = await ours(`http://127.0.0.1:${port}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify(REQUEST),
  })
  const answer = answers.pop()
  if (!answer || !response.body) throw new Error('No answer came.')
  return { reader: response.body.getReader(), answer }
}

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes)

test('a stream that nobody reads is read to its end, and charged exactly', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account, drainAfter: '10ms' })
  const expected = await bench.plain.chat.completions.create({ ...REQUEST, stream: false })
  await openai.chat.completions.create(REQUEST)
  expect(await bench.settledCharges(account)).toMatchObject([
    { amount: costOfChat(expected.usage), estimated: false },
  ])
})

test('a caller who comes back to a stream that was read ahead finds all of it', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account, drainAfter: '10ms' })
  const expected = await collect(await bench.plain.chat.completions.create(REQUEST))
  const stream = await openai.chat.completions.create(REQUEST)
  expect(await bench.settledCharges(account)).toHaveLength(1)
  expect((await collect(stream)).map(({ choices }) => choices)).toEqual(
    expected.map(({ choices }) => choices),
  )
  expect(await bench.settledCharges(account)).toHaveLength(1)
})

test('a stream whose rest does not come in time is ended and estimated', async () => {
  const account = await bench.fund()
  const { reader, answer } = await openStream(account, { drainAfter: '10ms', drainFor: '50ms' })
  answer.write(chunk('Hello there'))
  const closed = once(answer, 'close')
  expect(await bench.settledCharges(account)).toMatchObject([{ estimated: true }])
  await closed
  // What had come can still not be told from a stream that goes on: the caller gets an error, not a short answer.
  expect(await rejection(collectBytes(reader))).toMatchObject({
    message: expect.stringContaining('not read for too long'),
  })
})

test('the usage that has arrived counts when the caller leaves before [DONE]', async () => {
  const account = await bench.fund()
  const { reader, answer } = await openStream(account, {})
  answer.write(chunk('Hello') + USAGE_CHUNK)
  // The usage was asked for by the middleware: the caller does not see it.
  expect(text((await reader.read()).value)).toBe(chunk('Hello'))
  await reader.cancel()
  expect(await bench.settledCharges(account)).toMatchObject([{ amount: costOfChat(USAGE), estimated: false }])
  if (!answer.closed) await once(answer, 'close')
})

test('the charge does not wait for the end of the body', async () => {
  const account = await bench.fund()
  const { reader, answer } = await openStream(account, { drainAfter: '1h' })
  answer.write(`${chunk('Hello')}${USAGE_CHUNK}data: [DONE]\n\n`)
  expect(text((await reader.read()).value)).toBe(`${chunk('Hello')}data: [DONE]\n\n`)
  expect(await bench.settledCharges(account)).toMatchObject([{ estimated: false }])
  answer.end()
  expect(await reader.read()).toEqual({ done: true, value: undefined })
})

test('each piece is passed on as it arrives, and no faster than the caller reads', async () => {
  const account = await bench.fund()
  const { reader, answer } = await openStream(account, { drainAfter: '1h' })
  for (const word of ['One', 'two', 'three']) {
    answer.write(chunk(word))
    expect(text((await reader.read()).value)).toBe(chunk(word))
  }
  // A piece cut in the middle of an event is held back until the event is whole.
  const event = chunk('four – fünf 六')
  const bytes = Buffer.from(event)
  for (const byte of bytes) answer.write(Buffer.of(byte))
  expect(text((await reader.read()).value)).toBe(event)
  answer.end(`${USAGE_CHUNK}data: [DONE]\n\n`)
  await collectBytes(reader)
  expect(await bench.settledCharges(account)).toMatchObject([{ estimated: false }])
})

test('an error that the provider streams before a word was written costs nothing', async () => {
  const account = await bench.fund()
  const { reader, answer } = await openStream(account, {})
  const event = `data: ${JSON.stringify({ error: { message: 'Overloaded.' } })}\n\n`
  answer.end(event)
  expect(await collectBytes(reader)).toBe(event)
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
  answer.end(`${USAGE_CHUNK}data: [DONE]\n\n`)
  await collectBytes(reader)
  expect(await bench.settledCharges(account)).toMatchObject([{ amount: costOfChat(USAGE), estimated: false }])
})

async function collectBytes(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> {
  let all = ''
  for (let next = await reader.read(); !next.done; next = await reader.read()) all += text(next.value)
  return all
}
