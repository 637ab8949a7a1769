import OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type OpenAiStandIn, startOpenAiStandIn } from '../../demo/openai-stand-in.ts'
import { journalsIn, outstandingOf } from '../journal/support.ts'
import { type Bench, collect, MINI, MODEL, openBench, rejection, SEARCH } from './support.ts'

let bench: Bench
/** Where responses are finished when they are first read, and where they never are. */
let quick: OpenAiStandIn
let endless: OpenAiStandIn
beforeAll(async () => {
  bench = await openBench()
  quick = await startOpenAiStandIn({ backgroundReads: 0 })
  endless = await startOpenAiStandIn({ backgroundReads: Number.POSITIVE_INFINITY })
})
afterAll(async () => {
  await Promise.all([bench.close(), quick.close(), endless.close()])
})

const QUESTION = { model: MODEL, input: 'What is new in PostgreSQL 18?', background: true }
/** A web search is reserved for at what it may cost; none is charged without one. */
const SEARCHING = { ...QUESTION, tools: [{ type: 'web_search' as const }] }

const clientOf = ({ url }: OpenAiStandIn) => new OpenAI({ baseURL: url, apiKey: 'key of the caller' })

function cost({ usage }: OpenAI.Responses.Response): bigint {
  if (!usage) throw new Error('No usage stated.')
  return BigInt(usage.input_tokens) * MINI.input + BigInt(usage.output_tokens) * MINI.output
}

async function retrieveUntilDone(openai: OpenAI, id: string): Promise<OpenAI.Responses.Response> {
  let response = await openai.responses.retrieve(id)
  while (response.status === 'queued' || response.status === 'in_progress') {
    response = await openai.responses.retrieve(id)
  }
  return response
}

const openHolds = async (account: string) => (await bench.ledger.balance(account)).openHolds

test('it is charged when it is retrieved, once, however often that is', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account, agent: 'researcher' })
  const created = await openai.responses.create(SEARCHING)
  expect(created).toMatchObject({ status: 'queued', usage: null })
  expect((await openai.responses.retrieve(created.id)).usage).toBeNull()
  await bench.ledger.settled()
  expect(await openHolds(account)).toBe(1)
  expect(await bench.ledger.usage(account)).toEqual([])
  const response = await retrieveUntilDone(openai, created.id)
  await openai.responses.retrieve(created.id)
  await openai.responses.retrieve(created.id)
  expect(await bench.settledCharges(account)).toMatchObject([
    { category: 'LLM', amount: cost(response), model: MODEL, agent: 'researcher', estimated: false },
    { category: 'WebSearch', amount: SEARCH, estimated: false },
  ])
})

test('another process that reads it first charges it, and the one that made it frees its hold', async () => {
  const account = await bench.fund()
  const [here, there] = [bench.client({ account }), bench.client({ credits: await bench.openAnother() })]
  const { id } = await here.responses.create(QUESTION)
  const response = await bench.ledger.run({ account, user: 'reader' }, () => retrieveUntilDone(there, id))
  await expect
    .poll(() => bench.ledger.usage(account))
    .toEqual([{ category: 'LLM', charges: 1, amount: cost(response) }])
  expect(await openHolds(account)).toBe(1)
  await here.responses.retrieve(id)
  expect(await bench.settledCharges(account)).toMatchObject([{ amount: cost(response), user: 'reader' }])
})

test('it is charged once when many read it at once, in several processes', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account })
  const others = await Promise.all([bench.openAnother(), bench.openAnother()])
  const readers = [openai, ...others.map((credits, n) => bench.client({ account, credits, user: `${n}` }))]
  const { id } = await openai.responses.create(QUESTION)
  const [response] = await Promise.all(
    [...readers, ...readers, ...readers].map((reader) => retrieveUntilDone(reader, id)),
  )
  await Promise.all(others.map((other) => other.settled()))
  expect(await bench.settledCharges(account)).toMatchObject([{ amount: cost(response!), estimated: false }])
})

test('streamed to its end it is charged, and retrieving it later is free', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account })
  const events = await collect(await openai.responses.create({ ...SEARCHING, stream: true }))
  const last = events.at(-1)
  if (last?.type !== 'response.completed') throw new Error(`It ended with ${last?.type}.`)
  await retrieveUntilDone(openai, last.response.id)
  const elsewhere = await bench.openAnother()
  await retrieveUntilDone(bench.client({ account, credits: elsewhere }), last.response.id)
  await elsewhere.settled()
  expect(await bench.settledCharges(account)).toMatchObject([
    { category: 'LLM', amount: cost(last.response), estimated: false },
    { category: 'WebSearch', amount: SEARCH },
  ])
})

test.each(['left by its caller', 'cut off by the server'])(
  'a stream of it that is %s says nothing of its cost: retrieving it does',
  async (how) => {
    const account = await bench.fund()
    const openai = bench.client({ account, onAbort: 'input-only' })
    const headers = { 'x-stand-in-fault': how === 'left by its caller' ? 'hang_midway' : 'die_midway' }
    const stream = await openai.responses.create({ ...QUESTION, stream: true }, { headers })
    let id = ''
    let seen = 0
    const read = async () => {
      for await (const event of stream) {
        if (event.type === 'response.created') id = event.response.id
        seen = event.sequence_number
        if (how === 'left by its caller' && event.type === 'response.output_text.delta') return
      }
      throw new Error('It came to its end.')
    }
    if (how === 'left by its caller') await read()
    else expect(await rejection(read())).toBeInstanceOf(Error)
    await bench.ledger.settled()
    expect(await openHolds(account)).toBe(1)
    // Picked up where it broke off.
    const rest = await collect(await openai.responses.retrieve(id, { stream: true, starting_after: seen }))
    expect(rest[0]?.sequence_number).toBe(seen + 1)
    const last = rest.at(-1)
    if (last?.type !== 'response.completed') throw new Error(`It ended with ${last?.type}.`)
    await retrieveUntilDone(openai, id)
    expect(await bench.settledCharges(account)).toMatchObject([
      { amount: cost(last.response), estimated: false },
    ])
  },
)

test('cancelled before it has used anything, it costs nothing', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account })
  const { id } = await openai.responses.create(QUESTION)
  expect(await openai.responses.cancel(id)).toMatchObject({ status: 'cancelled', usage: null })
  expect(await bench.settledCharges(account)).toEqual([])
  expect(await bench.ledger.balance(account)).toMatchObject({ held: 0n })
})

test('where nobody retrieves it in time, it is asked for once, as the caller would', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account, backgroundFor: 40 }, clientOf(quick))
  const { id } = await openai.responses.create(QUESTION, { idempotencyKey: 'once' })
  const charges = await bench.settledCharges(account)
  const asked = quick.requests.filter(({ path }) => path === `/responses/${id}`)
  expect(asked).toMatchObject([{ method: 'GET', headers: { authorization: 'Bearer key of the caller' } }])
  expect(asked[0]?.headers).not.toHaveProperty('idempotency-key')
  const response = await clientOf(quick).responses.retrieve(id)
  expect(charges).toMatchObject([{ amount: cost(response), estimated: false }])
  await openai.responses.retrieve(id)
  expect(await bench.settledCharges(account)).toHaveLength(1)
})

test('where it is not finished in time, what was reserved is charged as an estimate, and nothing more', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account, backgroundFor: 40, estimate: 'strict' }, clientOf(endless))
  const { id } = await openai.responses.create({ ...QUESTION, max_output_tokens: 100 })
  const [charge, ...more] = await bench.settledCharges(account)
  expect(more).toEqual([])
  expect(charge).toMatchObject({ estimated: true, model: MODEL })
  const { receipt } = await bench.ledger.explain(account, charge!.id)
  expect(receipt).toMatchObject({
    units: { output_tokens: '100' },
    providerId: id,
    note: expect.stringContaining('background response'),
  })
  expect(charge?.amount).toBe(BigInt(receipt!.units!['input_tokens']!) * MINI.input + 100n * MINI.output)
})

test('a ledger that closes asks for those that are still waited for', async () => {
  const [finished, unfinished] = [await bench.fund(), await bench.fund()]
  const credits = await bench.openAnother()
  const openai = bench.client({ account: finished, credits }, clientOf(quick))
  const { id } = await openai.responses.create(QUESTION)
  await bench.client({ account: unfinished, credits }, clientOf(endless)).responses.create(QUESTION)
  await credits.close()
  const response = await clientOf(quick).responses.retrieve(id)
  expect(await bench.settledCharges(finished)).toMatchObject([{ amount: cost(response), estimated: false }])
  expect(await bench.settledCharges(unfinished)).toMatchObject([{ estimated: true }])
})

test('should its process be killed, its successor charges the estimate, once for all who read it', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account })
  const { id } = await openai.responses.create(QUESTION)
  await bench.ledger.settled()
  const journalled = await Promise.all(journalsIn(bench.journal, '.journal').map(outstandingOf))
  expect(journalled.flat().filter((call) => call.account === account)).toMatchObject([
    { key: `openai:${id}`, yields: true, lines: [{ category: 'LLM', estimated: true, providerId: id }] },
  ])
  await retrieveUntilDone(openai, id)
  expect(await bench.settledCharges(account)).toMatchObject([{ estimated: false }])
})

test('an attempt that is repeated and gets the same response is charged once', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account })
  const created = await openai.responses.create(QUESTION)
  const again = bench.client(
    { account },
    new OpenAI({ apiKey: 'any', fetch: async () => Response.json(created) }),
  )
  expect((await again.responses.create(QUESTION)).id).toBe(created.id)
  await expect.poll(() => openHolds(account)).toBe(1)
  const response = await retrieveUntilDone(openai, created.id)
  expect(await bench.settledCharges(account)).toMatchObject([{ amount: cost(response), estimated: false }])
})

test('one in the foreground is charged by its call, and never by a retrieve', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account })
  const created = await openai.responses.create({ ...QUESTION, background: false })
  const elsewhere = await bench.openAnother()
  const there = bench.client({ account, credits: elsewhere })
  expect(await there.responses.retrieve(created.id)).toMatchObject({ usage: created.usage })
  await collect(await there.responses.retrieve(created.id, { stream: true }))
  await elsewhere.settled()
  expect(await bench.settledCharges(account)).toMatchObject([{ amount: cost(created) }])
})

test('read for nobody it is passed on, and left to the process that made it', async () => {
  const account = await bench.fund()
  const elsewhere = await bench.openAnother()
  const { id } = await bench.client({ account }).responses.create(QUESTION)
  const response = await retrieveUntilDone(bench.client({ credits: elsewhere }), id)
  await elsewhere.settled()
  expect(await bench.ledger.usage(account)).toEqual([])
  await bench.client().responses.retrieve(id)
  expect(await bench.settledCharges(account)).toMatchObject([{ amount: cost(response) }])
})

test('what it used that has no price is told and recorded where it is read', async () => {
  const account = await bench.fund()
  const told: string[] = []
  const unknown = {
    ...(await clientOf(quick).responses.create(QUESTION)),
    model: 'nobody-1',
    status: 'completed',
  }
  const usage = { input_tokens: 10, output_tokens: 10, total_tokens: 20 }
  const from = new OpenAI({ apiKey: 'any', fetch: async () => Response.json({ ...unknown, usage }) })
  const openai = bench.client({ account, onUnpriced: (message) => told.push(message) }, from)
  await openai.responses.retrieve(unknown.id)
  expect(await bench.settledCharges(account)).toMatchObject([{ amount: 0n, estimated: true }])
  expect(told).toEqual([expect.stringContaining('no price')])
})

test.each(['made and left', 'streamed to its end'])(
  'one that was %s is charged to whom it was made for, however often others read it',
  async (how) => {
    const [account, other] = [await bench.fund(), await bench.fund()]
    const openai = bench.client({ account })
    let id = ''
    if (how === 'made and left') ({ id } = await openai.responses.create(QUESTION))
    else {
      for (const event of await collect(await openai.responses.create({ ...QUESTION, stream: true })))
        if (event.type === 'response.created') ({ id } = event.response)
      await bench.ledger.settled()
    }
    const reader = bench.client({ account: other })
    const response = await retrieveUntilDone(reader, id)
    await reader.responses.retrieve(id)
    expect(await bench.settledCharges(account)).toMatchObject([{ amount: cost(response), estimated: false }])
    expect(await bench.settledCharges(other)).toEqual([])
  },
)

test('an id may be longer than a key: it is charged all the same, and once', async () => {
  const account = await bench.fund()
  const id = `resp_${Buffer.from('a route through a gateway, '.repeat(12)).toString('base64')}`
  const usage = { input_tokens: 10, output_tokens: 10, total_tokens: 20 }
  const response = { ...(await clientOf(quick).responses.create(QUESTION)), id, status: 'completed', usage }
  const from = new OpenAI({ apiKey: 'any', fetch: async () => Response.json(response) })
  const openai = bench.client({ account }, from)
  await openai.responses.create(QUESTION)
  const elsewhere = await bench.openAnother()
  await bench.client({ account, credits: elsewhere }, from).responses.retrieve(id)
  await elsewhere.settled()
  expect(await bench.settledCharges(account)).toMatchObject([
    { amount: 10n * MINI.input + 10n * MINI.output },
  ])
})
