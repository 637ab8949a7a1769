import OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Bench, collect, MINI, MODEL, openBench, rejection, SEARCH } from './support.ts'

let bench: Bench
beforeAll(async () => {
  bench = await openBench({ cachedTokens: 5 })
})
afterAll(() => bench.close())

const QUESTION = { model: MODEL, input: 'What is new in PostgreSQL 18?' }
const SEARCHING = { ...QUESTION, tools: [{ type: 'web_search' as const }] }

function cost({ usage }: OpenAI.Responses.Response): bigint {
  if (!usage) throw new Error('No usage stated.')
  const cached = BigInt(usage.input_tokens_details.cached_tokens)
  return (
    (BigInt(usage.input_tokens) - cached) * MINI.input +
    cached * MINI.cached +
    BigInt(usage.output_tokens) * MINI.output
  )
}

test('a plain response is charged by its usage', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account })
  const response = await openai.responses.create(QUESTION)
  expect(response.output_text).toContain('PostgreSQL 18')
  const charges = await bench.settledCharges(account)
  expect(charges).toMatchObject([{ category: 'LLM', amount: cost(response), model: MODEL, estimated: false }])
})

test('a search inside a response is a charge of its own, in the same capture', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account })
  const response = await openai.responses.create(SEARCHING)
  // One search and one page that was opened: opening a page is free.
  expect(response.output.filter(({ type }) => type === 'web_search_call')).toHaveLength(2)
  const charges = await bench.settledCharges(account)
  expect(charges).toMatchObject([
    { category: 'LLM', amount: cost(response), estimated: false },
    { category: 'WebSearch', amount: SEARCH, estimated: false },
  ])
  const usage = await bench.ledger.usage(account, { by: ['category'] })
  expect(usage).toHaveLength(2)
  expect(usage).toEqual(
    expect.arrayContaining([
      { category: 'LLM', charges: 1, amount: cost(response) },
      { category: 'WebSearch', charges: 1, amount: SEARCH },
    ]),
  )
})

test.each([QUESTION, SEARCHING])(
  'a streamed response is passed on byte by byte, and charged exactly',
  async (asked) => {
    const account = await bench.fund()
    const openai = bench.client({ account })
    const expected = await collect(await bench.plain.responses.create({ ...asked, stream: true }))
    const events = await collect(await openai.responses.create({ ...asked, stream: true }))
    expect(events.map(({ type }) => type)).toEqual(expected.map(({ type }) => type))
    expect(bench.standIn.requests.at(-1)?.body).toEqual({ ...asked, stream: true })
    const last = events.at(-1)
    if (last?.type !== 'response.completed') throw new Error(`It ended with ${last?.type}.`)
    const charges = await bench.settledCharges(account)
    expect(charges.map(({ category, amount, estimated }) => ({ category, amount, estimated }))).toEqual([
      { category: 'LLM', amount: cost(last.response), estimated: false },
      ...('tools' in asked ? [{ category: 'WebSearch', amount: SEARCH, estimated: false }] : []),
    ])
  },
)

test('.stream() gives the final response', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account })
  const response = await openai.responses.stream(QUESTION).finalResponse()
  expect(await bench.settledCharges(account)).toMatchObject([{ amount: cost(response), estimated: false }])
})

test('a stream that breaks after a search is charged for the search and for what was delivered', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account })
  const stream = await openai.responses.create(
    { ...SEARCHING, stream: true },
    { headers: { 'x-stand-in-fault': 'die_midway' } },
  )
  const seen: string[] = []
  const error = await rejection(
    (async () => {
      for await (const event of stream) seen.push(event.type)
    })(),
  )
  expect(error).toBeInstanceOf(Error)
  expect(seen).toContain('response.output_text.delta')
  expect(seen).not.toContain('response.completed')
  expect(await bench.settledCharges(account)).toMatchObject([
    { category: 'LLM', estimated: true },
    { category: 'WebSearch', amount: SEARCH, estimated: true },
  ])
})

test('reading, cancelling and deleting a stored response is free', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account })
  const before = bench.standIn.requests.length
  // The stand-in keeps nothing: what matters is that the request reaches it as it is.
  for (const call of [
    () => openai.responses.retrieve('resp_1'),
    () => openai.responses.cancel('resp_1'),
    () => openai.responses.delete('resp_1'),
  ]) {
    expect(await rejection(call())).toBeInstanceOf(OpenAI.NotFoundError)
  }
  expect(bench.standIn.requests.slice(before).map(({ method, path }) => `${method} ${path}`)).toEqual([
    'GET /responses/resp_1',
    'POST /responses/resp_1/cancel',
    'DELETE /responses/resp_1',
  ])
  expect(await bench.settledCharges(account)).toEqual([])
})
