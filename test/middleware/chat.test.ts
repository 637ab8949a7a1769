import type OpenAI from 'openai'
import { zodResponseFormat } from 'openai/helpers/zod'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { type Fetch, meteredFetch } from '../../middleware/index.ts'
import { type Bench, collect, costOfChat, MESSAGES, MINI, MODEL, openBench } from './support.ts'

let bench: Bench
beforeAll(async () => {
  bench = await openBench({ cachedTokens: 7 })
})
afterAll(() => bench.close())

/** Answers differ in the number that the stand-in gives each, and in nothing else. */
const withoutSerial = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value).replaceAll(/-\d{6}"/g, '-0"'))

/** What the question of these tests uses. */
async function usageOfQuestion(): Promise<OpenAI.CompletionUsage> {
  const completion = await bench.plain.chat.completions.create({ model: MODEL, messages: MESSAGES })
  if (!completion.usage) throw new Error('The stand-in states no usage.')
  return completion.usage
}

test('a plain completion is what it is without metering, and charged by its usage', async () => {
  const account = await bench.fund()
  const openai = bench.client()
  const request = { model: MODEL, messages: MESSAGES }
  const expected = await bench.plain.chat.completions.create(request)
  const completion = await bench.ledger.run(
    { account, agent: 'support', user: 'U1', conversation: 'C9', tags: { team: 'blue' } },
    () => openai.chat.completions.create(request),
  )
  expect(withoutSerial(completion)).toEqual(withoutSerial(expected))
  expect(completion.usage?.prompt_tokens_details?.cached_tokens).toBe(7)
  const [charge, ...more] = await bench.settledCharges(account)
  expect(more).toEqual([])
  expect(charge).toMatchObject({
    category: 'LLM',
    amount: costOfChat(completion.usage),
    model: MODEL,
    agent: 'support',
    user: 'U1',
    conversation: 'C9',
    estimated: false,
  })
  expect(await bench.ledger.explain(account, charge!.id)).toMatchObject({
    tags: { team: 'blue' },
    receipt: {
      provider: 'openai',
      providerId: completion.id,
      rateVersion: expect.stringMatching(/^genai-prices@\d+\.\d+\.\d+\+\d{4}-\d\d-\d\d$/),
      units: {
        input_tokens: String((completion.usage?.prompt_tokens ?? 0) - 7),
        cache_read_tokens: '7',
        output_tokens: String(completion.usage?.completion_tokens),
      },
      prices: { input_tokens: '0.00004', cache_read_tokens: '0.00001', output_tokens: '0.00016' },
    },
  })
})

test('markup and credits per dollar apply', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account, creditsPerDollar: '10', markup: '1.5' })
  const { usage } = await openai.chat.completions.create({ model: MODEL, messages: MESSAGES })
  const [charge] = await bench.settledCharges(account)
  // Rounded up once: 15 % of the price at 100 credits a dollar.
  expect(charge?.amount).toBe((costOfChat(usage) * 15n + 99n) / 100n)
})

test('a streamed completion shows no sign of metering, and is charged exactly', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account })
  const request = { model: MODEL, messages: MESSAGES, stream: true } as const
  const expected = await collect(await bench.plain.chat.completions.create(request))
  const chunks = await collect(await openai.chat.completions.create(request))
  expect(chunks.length).toBeGreaterThan(10)
  expect(withoutSerial(chunks)).toEqual(withoutSerial(expected))
  expect(bench.standIn.requests.at(-1)?.body).toMatchObject({ stream_options: { include_usage: true } })
  const charges = await bench.settledCharges(account)
  expect(charges).toMatchObject([
    { amount: costOfChat(await usageOfQuestion()), estimated: false, model: MODEL, category: 'LLM' },
  ])
})

test('asking for the usage leaves the rest of the request as the caller wrote it', async () => {
  const account = await bench.fund()
  const sent: unknown[] = []
  const plain: Fetch = (_, init) => {
    sent.push(init?.body)
    return Promise.resolve(Response.json({}))
  }
  const ours = meteredFetch(plain, { credits: bench.ledger, account })
  const members = `"model": "${MODEL}", "messages": [], "stream": true, "seed": 12345678901234567891`
  for (const body of [`{ ${members} }\n`, `{ ${members}, "stream_options": {"include_obfuscation": false} }`])
    await (await ours('https://api.openai.com/v1/chat/completions', { method: 'POST', body })).text()
  expect(sent[0]).toBe(`{ ${members} ,"stream_options":{"include_usage":true}}\n`)
  expect(JSON.parse(String(sent[1]))).toMatchObject({
    stream: true,
    stream_options: { include_obfuscation: false, include_usage: true },
  })
  await bench.settledCharges(account)
})

test('a caller who asks for the usage of a stream gets it', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account })
  const request = {
    model: MODEL,
    messages: MESSAGES,
    stream: true,
    stream_options: { include_usage: true },
  } as const
  const expected = await collect(await bench.plain.chat.completions.create(request))
  const chunks = await collect(await openai.chat.completions.create(request))
  expect(withoutSerial(chunks)).toEqual(withoutSerial(expected))
  expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: expect.any(Number) } })
  const charges = await bench.settledCharges(account)
  expect(charges).toMatchObject([{ amount: costOfChat(chunks.at(-1)?.usage), estimated: false }])
})

test('.stream(), .parse() and runTools work, each of their calls charged once', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account })
  const streamed = openai.chat.completions.stream({ model: MODEL, messages: MESSAGES })
  const answer = await streamed.finalContent()
  expect(answer).toContain('PostgreSQL 18')
  expect(await bench.settledCharges(account)).toMatchObject([{ estimated: false }])

  const shape = z.object({ headline: z.string() })
  const talks = await openai.chat.completions
    .parse({ model: MODEL, messages: MESSAGES, response_format: zodResponseFormat(shape, 'answer') })
    .catch((error: unknown) => error)
  // The stand-in answers in prose: the SDK's own complaint comes through, and the answer is paid for.
  expect(talks).toBeInstanceOf(SyntaxError)
  expect(await bench.settledCharges(account)).toMatchObject([{ estimated: false }, { estimated: false }])

  const asked: string[] = []
  const runner = openai.chat.completions.runTools({
    model: MODEL,
    messages: MESSAGES,
    tools: [
      {
        type: 'function',
        function: {
          name: 'web_search',
          description: 'Searches the web.',
          parameters: { type: 'object', properties: { query: { type: 'string' } } },
          parse: JSON.parse,
          function: ({ query }: { query: string }) => {
            asked.push(query)
            return 'PostgreSQL 18 is out.'
          },
        },
      },
    ],
  })
  expect(await runner.finalContent()).toContain('PostgreSQL 18')
  expect(asked).toEqual(['PostgreSQL 18 new features upgrade notes'])
  expect(await bench.settledCharges(account)).toHaveLength(4)
})

test.each([false, true])(
  '.withResponse() and .asResponse() see the real response, streamed: %s',
  async (stream) => {
    const account = await bench.fund()
    const openai = bench.client({ account })
    const request = { model: MODEL, messages: MESSAGES, stream }
    const { data, response, request_id } = await openai.chat.completions.create(request).withResponse()
    expect(response).toBeInstanceOf(Response)
    expect(response.url).toBe(`${bench.standIn.url}/chat/completions`)
    expect(response.headers.get('x-request-id')).toBe(request_id)
    if (Symbol.asyncIterator in data) await collect(data)
    const raw = await openai.chat.completions.create(request).asResponse()
    const copy = raw.clone()
    expect([copy.url, copy.headers]).toEqual([raw.url, raw.headers])
    expect(await raw.text()).toBe(await copy.text())
    const cost = costOfChat(await usageOfQuestion())
    expect((await bench.settledCharges(account)).map(({ amount }) => amount)).toEqual([cost, cost])
  },
)

test('a stream can be split in two and passed on as bytes', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account })
  const stream = await openai.chat.completions.create({ model: MODEL, messages: MESSAGES, stream: true })
  const [left, right] = stream.tee()
  const [chunks, text] = await Promise.all([collect(left), new Response(right.toReadableStream()).text()])
  expect(text.trim().split('\n')).toEqual(chunks.map((chunk) => JSON.stringify(chunk)))
  expect(await bench.settledCharges(account)).toMatchObject([{ estimated: false }])
})

test('breaking off a stream charges an estimate of what was delivered', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account })
  let text = ''
  const stream = await openai.chat.completions.create(
    { model: MODEL, messages: MESSAGES, stream: true },
    { headers: { 'x-stand-in-fault': 'hang_midway' } },
  )
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? ''
    if (text.length > 40) break
  }
  const [charge, ...more] = await bench.settledCharges(account)
  expect(more).toEqual([])
  expect(charge?.estimated).toBe(true)
  const full = await usageOfQuestion()
  expect(charge?.amount).toBeGreaterThan(BigInt(full.prompt_tokens - 7) * MINI.input)
  expect(charge?.amount).toBeLessThan(BigInt(full.prompt_tokens + full.completion_tokens) * MINI.output)
  const { receipt } = await bench.ledger.explain(account, charge!.id)
  expect(receipt?.note).toMatch(/estimated from what was delivered/)
  // More may have been delivered than was looked at, but not all.
  expect(Number(receipt?.units?.['output_tokens'])).toBeGreaterThanOrEqual(Math.ceil(text.length / 4))
  expect(Number(receipt?.units?.['output_tokens'])).toBeLessThan(full.completion_tokens)
})

test('an estimate charges no more input than the model can read, however large a file came along', async () => {
  const account = await bench.fund('1000')
  const pdf = { filename: 'a.pdf', file_data: `data:application/pdf;base64,${'A'.repeat(8_000_000)}` }
  const stream = await bench.client({ account }).chat.completions.create(
    {
      model: 'gpt-4o-mini',
      messages: [{ role: 'user', content: [{ type: 'file', file: pdf }] }],
      stream: true,
    },
    { headers: { 'x-stand-in-fault': 'hang_midway' } },
  )
  for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break
  const [charge] = await bench.settledCharges(account)
  expect(charge).toMatchObject({ estimated: true, receipt: { units: { input_tokens: '128000' } } })
})

test('twenty calls at once are charged one by one, to the account that each was made for', async () => {
  const openai = bench.client()
  const accounts = await Promise.all([bench.fund(), bench.fund()])
  await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      bench.ledger.run({ account: accounts[i % 2]!, agent: `agent-${i}` }, async () => {
        const request = { model: MODEL, messages: MESSAGES }
        if (i % 4 < 2) return openai.chat.completions.create(request)
        return collect(await openai.chat.completions.create({ ...request, stream: true }))
      }),
    ),
  )
  const cost = costOfChat(await usageOfQuestion())
  for (const [of, account] of accounts.entries()) {
    const charges = await bench.settledCharges(account)
    expect(charges.map(({ amount }) => amount)).toEqual(Array.from({ length: 10 }, () => cost))
    const agents = charges.map(({ agent }) => agent).toSorted()
    expect(agents).toEqual(Array.from({ length: 10 }, (_, i) => `agent-${2 * i + of}`).toSorted())
  }
})

test('a search model is charged for its search', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account })
  await openai.chat.completions.create({ model: 'gpt-4o-search-preview', messages: MESSAGES })
  const charges = await bench.settledCharges(account)
  expect(charges).toMatchObject([{ category: 'LLM' }, { category: 'WebSearch', amount: 2_500_000n }])
})
