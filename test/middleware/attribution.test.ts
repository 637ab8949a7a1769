import OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Bench, collect, MESSAGES, MODEL, openBench, rejection } from './support.ts'

let bench: Bench
beforeAll(async () => {
  bench = await openBench()
})
afterAll(() => bench.close())

const REQUEST = { model: MODEL, messages: MESSAGES }

/** Whom the charges of an account were for, in order. */
async function attributions(account: string) {
  const charges = await bench.settledCharges(account)
  const receipts = await Promise.all(charges.map(({ id }) => bench.ledger.explain(account, id)))
  return receipts.map(({ agent, user, conversation, tags }) => ({ agent, user, conversation, tags }))
}

test('a charge says account, agent, user, conversation and tags of its run', async () => {
  const account = await bench.fund()
  const openai = bench.client()
  const whom = { agent: 'support', user: 'U1', conversation: 'C9', tags: { job: 'j-7', region: 'eu' } }
  await bench.ledger.run({ account, ...whom }, () => openai.chat.completions.create(REQUEST))
  expect(await attributions(account)).toEqual([whom])
})

test('one call can be for somebody else than those around it', async () => {
  const [account, other] = [await bench.fund(), await bench.fund()]
  const openai = bench.client()
  await bench.ledger.run({ account, agent: 'outer' }, async () => {
    await openai.chat.completions.create(REQUEST)
    await bench.ledger.run({ account: other, agent: 'inner' }, () => openai.chat.completions.create(REQUEST))
    await openai.chat.completions.create(REQUEST)
  })
  expect(await attributions(account)).toMatchObject([{ agent: 'outer' }, { agent: 'outer' }])
  expect(await attributions(other)).toMatchObject([{ agent: 'inner' }])
})

test('what a run leaves open, the options of the client say', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account, agent: 'of the client', tags: { from: 'options' } })
  await openai.chat.completions.create(REQUEST)
  await bench.ledger.run({ account, user: 'U2', tags: { from: 'run' } }, () =>
    openai.chat.completions.create(REQUEST),
  )
  expect(await attributions(account)).toMatchObject([
    { agent: 'of the client', user: null, tags: { from: 'options' } },
    { agent: 'of the client', user: 'U2', tags: { from: 'run' } },
  ])
})

test('it is taken when the call is authorised, not where its stream is read', async () => {
  const [account, other] = [await bench.fund(), await bench.fund()]
  const openai = bench.client()
  const stream = await bench.ledger.run({ account, user: 'asks' }, () =>
    openai.chat.completions.create({ ...REQUEST, stream: true }),
  )
  await bench.ledger.run({ account: other, user: 'reads' }, () => collect(stream))
  expect(await attributions(account)).toMatchObject([{ user: 'asks' }])
  expect(await bench.settledCharges(other)).toEqual([])
})

test('retries and the later turns of a run of tools are for the same', async () => {
  const account = await bench.fund()
  const openai = bench.client()
  bench.standIn.fail('rate_limited')
  await bench.ledger.run({ account, conversation: 'C1' }, () =>
    openai.chat.completions
      .runTools({
        ...REQUEST,
        tools: [
          {
            type: 'function',
            function: {
              name: 'search_notes',
              description: 'Searches notes',
              parameters: { type: 'object', properties: { query: { type: 'string' } } },
              parse: JSON.parse,
              function: () => 'nothing',
            },
          },
        ],
      })
      .finalContent(),
  )
  expect(await attributions(account)).toMatchObject([{ conversation: 'C1' }, { conversation: 'C1' }])
})

test('calls that run at once are each for their own', async () => {
  const accounts = await Promise.all(Array.from({ length: 10 }, () => bench.fund()))
  const openai = bench.client()
  await Promise.all(
    accounts.map((account, n) =>
      bench.ledger.run({ account, user: `U${n}` }, async () => {
        await openai.chat.completions.create(REQUEST)
        await collect(await openai.chat.completions.create({ ...REQUEST, stream: true }))
      }),
    ),
  )
  for (const [n, account] of accounts.entries()) {
    expect(await attributions(account)).toMatchObject([{ user: `U${n}` }, { user: `U${n}` }])
  }
})

test('without an account no call is made, on any route', async () => {
  const openai = bench.client()
  const before = bench.standIn.requests.length
  for (const call of [
    () => openai.chat.completions.create(REQUEST),
    () => openai.responses.create({ model: MODEL, input: 'Hello', background: true }),
    () => openai.embeddings.create({ model: 'text-embedding-3-small', input: 'Hello' }),
  ]) {
    const error = await rejection(call())
    expect(error).toBeInstanceOf(OpenAI.BadRequestError)
    expect(error).toMatchObject({ code: 'account_required' })
  }
  expect(bench.standIn.requests).toHaveLength(before)
})

test('nothing of it goes to the provider', async () => {
  const account = await bench.fund()
  const whom = {
    agent: 'secret-agent',
    user: 'secret-user',
    conversation: 'secret-talk',
    tags: { secret: 'tag' },
  }
  await bench.ledger.run({ account, ...whom }, () => bench.client().chat.completions.create(REQUEST))
  const last = bench.standIn.requests.at(-1)
  expect(last?.body).toEqual(REQUEST)
  expect(JSON.stringify(last)).not.toMatch(new RegExp(`secret|${account}`))
})
