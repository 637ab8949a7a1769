import { eq } from 'drizzle-orm'
import OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { alerts } from '../../db/schema.ts'
import { type Fetch, metered, meteredFetch } from '../../middleware/index.ts'
import { CreditsError } from '../../src/errors.ts'
import { type Bench, MESSAGES, MODEL, openBench, rejection } from './support.ts'

let bench: Bench
beforeAll(async () => {
  bench = await openBench()
})
afterAll(() => bench.close())

async function openAlerts(account: string): Promise<unknown[]> {
  await bench.ledger.settled()
  const drizzle = await bench.ledger.database.drizzle()
  const rows = await drizzle.select().from(alerts).where(eq(alerts.accountId, account))
  return rows.map(({ kind, detail, resolvedAt }) => ({ kind, detail, resolvedAt }))
}

const unpriced = (subject: string) => ({ kind: 'unpriced', detail: { subject }, resolvedAt: null })

/** A server that does whatever it is asked for. */
const obliging = (seen: unknown[][] = []): Fetch => {
  return (...given) => {
    seen.push(given)
    return Promise.resolve(Response.json({ data: [] }))
  }
}

test('what costs money in an unknown way can be let through: untouched, recorded at 0, told, with an alert', async () => {
  const account = await bench.fund()
  const told: string[] = []
  const seen: unknown[][] = []
  const ours = meteredFetch(obliging(seen), {
    credits: bench.ledger,
    unmetered: 'record',
    onUnpriced: (message) => told.push(message),
  })
  const url = 'https://api.openai.com/v1/images/generations'
  const init = { method: 'POST', body: 'any' }
  const response = await bench.ledger.run({ account, agent: 'painter', tags: { job: '7' } }, () =>
    ours(url, init),
  )
  expect(await response.json()).toEqual({ data: [] })
  expect(seen).toEqual([[url, init]])
  expect(seen[0]?.[1]).toBe(init)
  const [charge, ...more] = await bench.settledCharges(account)
  expect(more).toEqual([])
  expect(charge).toMatchObject({ category: 'LLM', amount: 0n, estimated: true, agent: 'painter' })
  expect(await bench.ledger.explain(account, charge!.id)).toMatchObject({ tags: { job: '7' } })
  const usage = await bench.ledger.usage(account)
  expect(usage).toEqual([{ category: 'LLM', charges: 1, amount: 0n }])
  expect(told).toEqual([
    'POST /images/generations of openai was let through and nothing was charged: not metered, no price',
  ])
  expect(await openAlerts(account)).toEqual([unpriced('POST /images/generations of openai')])
})

test('its receipt says what it was', async () => {
  const account = await bench.fund()
  const openai = metered(new OpenAI({ apiKey: 'any', fetch: obliging() }), {
    credits: bench.ledger,
    account,
    unmetered: 'record',
    onUnpriced: () => {},
  })
  await openai.audio.speech.create({ model: 'gpt-4o-mini-tts', voice: 'alloy', input: 'Hello' })
  const [charge] = await bench.settledCharges(account)
  expect(charge?.receipt).toMatchObject({
    provider: 'openai',
    note: 'POST /audio/speech: not metered, no price',
  })
})

test.each([
  ['names no model', JSON.stringify({ input: 'Hello' }), 'The request names no model, so it has no price.'],
  ['is no JSON', 'not JSON', 'The body of POST /v1/responses is not a JSON object.'],
])('a request that %s is refused, or let through and recorded', async (_, body, reason) => {
  const account = await bench.fund()
  const seen: unknown[][] = []
  const url = 'https://api.openai.com/v1/responses'
  const init = { method: 'POST', body }
  const strict = meteredFetch(obliging(seen), { credits: bench.ledger, account })
  const refusal = await strict(url, init)
  expect(refusal.status).toBe(400)
  expect(await refusal.json()).toMatchObject({ error: { code: 'unknown_price', message: reason } })
  expect(seen).toEqual([])

  const lenient = meteredFetch(obliging(seen), {
    credits: bench.ledger,
    account,
    unpriced: 'record',
    onUnpriced: () => {},
  })
  expect(await (await lenient(url, init)).json()).toEqual({ data: [] })
  expect(seen).toEqual([[url, init]])
  const charges = await bench.settledCharges(account)
  expect(charges).toMatchObject([
    { amount: 0n, estimated: true, receipt: { note: `POST /responses: no price (${reason})` } },
  ])
  expect(await openAlerts(account)).toEqual([unpriced('POST /responses of openai')])
})

test('a streamed body that is too long to be measured is refused in any case: it is gone', async () => {
  const account = await bench.fund()
  const seen: unknown[][] = []
  const ours = meteredFetch(obliging(seen), { credits: bench.ledger, account, unpriced: 'record' })
  const megabyte = new Uint8Array(1024 * 1024)
  const body = ReadableStream.from(Array.from({ length: 33 }, () => megabyte))
  const init = { method: 'POST', body, duplex: 'half' } as RequestInit
  const refusal = await ours('https://api.openai.com/v1/audio/transcriptions', init)
  expect(await refusal.json()).toMatchObject({ error: { code: 'body_too_long' } })
  expect(seen).toEqual([])
  expect(await bench.settledCharges(account)).toEqual([])
})

test('it needs no credit, and is recorded also for an account that nobody has heard of', async () => {
  const ours = meteredFetch(obliging(), {
    credits: bench.ledger,
    account: 'newcomer',
    unmetered: 'record',
    onUnpriced: () => {},
  })
  await ours('https://api.openai.com/v1/batches', { method: 'POST' })
  expect(await bench.settledCharges('newcomer')).toMatchObject([{ amount: 0n }])
  expect(await openAlerts('newcomer')).toEqual([unpriced('POST /batches of openai')])
})

test('without an account it is refused like any other call', async () => {
  const seen: unknown[][] = []
  const openai = metered(new OpenAI({ apiKey: 'any', fetch: obliging(seen) }), {
    credits: bench.ledger,
    unmetered: 'record',
  })
  const error = await rejection(openai.images.generate({ model: 'gpt-image-1', prompt: 'An elephant' }))
  expect(error).toMatchObject({ status: 400, code: 'account_required' })
  expect(seen).toEqual([])
})

test('what the provider refuses is not recorded, and what fails on the way neither', async () => {
  const account = await bench.fund()
  const options = { credits: bench.ledger, account, unmetered: 'record' as const }
  const refusing = meteredFetch(() => Promise.resolve(new Response('no', { status: 429 })), options)
  const broken = meteredFetch(() => Promise.reject(new Error('reset')), options)
  const url = 'https://api.openai.com/v1/images/generations'
  expect((await refusing(url, { method: 'POST' })).status).toBe(429)
  await expect(broken(url, { method: 'POST' })).rejects.toThrow('reset')
  expect(await bench.settledCharges(account)).toEqual([])
  expect(await openAlerts(account)).toEqual([])
})

test('refused, it says what can be done', async () => {
  const account = await bench.fund()
  const error = await rejection(bench.client({ account }).images.generate({ model: 'dall-e-3', prompt: 'x' }))
  expect(error).toMatchObject({
    status: 400,
    code: 'unmetered_route',
    message: expect.stringContaining("unmetered: 'record'"),
  })
})

test('there is one open alert about the same thing, whatever it is done to and by whichever process', async () => {
  const account = await bench.fund()
  const ledgers = [bench.ledger, await bench.openAnother(), await bench.openAnother()]
  const fetches = ledgers.map((credits) =>
    meteredFetch(obliging(), { credits, account, unmetered: 'record', onUnpriced: () => {} }),
  )
  await Promise.all(
    fetches.flatMap((ours) =>
      ['thread_abc123', 'thread_def456'].map((thread) =>
        ours(`https://api.openai.com/v1/threads/${thread}/runs`, { method: 'POST' }),
      ),
    ),
  )
  await Promise.all(ledgers.map((ledger) => ledger.settled()))
  const subject = 'POST /threads/{id}/runs of openai'
  const lastRaisedAt = bench.clock.now().toISOString()
  expect(await openAlerts(account)).toEqual([{ ...unpriced(subject), detail: { subject, lastRaisedAt } }])
})

test('an alert that was resolved is opened again by another process', async () => {
  const account = await bench.fund()
  const alert = { kind: 'unpriced' as const, subject: 'something' }
  await bench.ledger.raiseAlert(account, alert)
  const drizzle = await bench.ledger.database.drizzle()
  await drizzle.update(alerts).set({ resolvedAt: bench.clock.now() }).where(eq(alerts.accountId, account))
  // This process has just raised it, and does not ask again so soon.
  await bench.ledger.raiseAlert(account, alert)
  expect(await openAlerts(account)).toHaveLength(1)
  await (await bench.openAnother()).raiseAlert(account, alert)
  expect(await openAlerts(account)).toEqual(
    expect.arrayContaining([
      unpriced('something'),
      { ...unpriced('something'), resolvedAt: bench.clock.now() },
    ]),
  )
})

test('what is let through without a price opens an alert too', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account, unpriced: 'record', onUnpriced: () => {} })
  await openai.chat.completions.create({ model: 'nobody-1', messages: MESSAGES })
  await openai.chat.completions.create({ model: 'nobody-1', messages: MESSAGES })
  await openai.chat.completions.create({ model: MODEL, messages: MESSAGES, service_tier: 'flex' })
  expect(await openAlerts(account)).toEqual([
    unpriced('nobody-1: no price for the model nobody-1'),
    unpriced('gpt-4.1-mini: no price for the service tier "flex"'),
  ])
})

test('a listener that throws keeps neither the answer from the caller nor the charge from the books', async () => {
  const account = await bench.fund()
  const warned: string[] = []
  const listen = ({ message }: Error) => warned.push(message)
  process.on('warning', listen)
  const onUnpriced = () => {
    throw new Error('The listener is broken.')
  }
  const openai = bench.client({ account, unpriced: 'record', unmetered: 'record', onUnpriced })
  await openai.chat.completions.create({ model: 'nobody-1', messages: MESSAGES })
  const ours = meteredFetch(obliging(), { credits: bench.ledger, account, unmetered: 'record', onUnpriced })
  expect((await ours('https://api.openai.com/v1/batches', { method: 'POST' })).ok).toBe(true)
  expect(await bench.settledCharges(account)).toHaveLength(2)
  expect(warned).toEqual([
    expect.stringMatching(/no price for the model nobody-1 .*The listener is broken/),
    expect.stringMatching(/POST \/batches .*The listener is broken/),
  ])
  process.off('warning', listen)
})

test('an alert that cannot be opened is told, and the call is not affected', async () => {
  const account = await bench.fund()
  const told: string[] = []
  const credits = new Proxy(bench.ledger, {
    get(target, name) {
      if (name === 'raiseAlert')
        return () => Promise.reject(new CreditsError('database_unavailable', 'Gone.'))
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  const ours = meteredFetch(obliging(), {
    credits,
    account,
    unmetered: 'record',
    onUnpriced: (message) => told.push(message),
  })
  expect((await ours('https://api.openai.com/v1/batches', { method: 'POST' })).ok).toBe(true)
  expect(await bench.settledCharges(account)).toHaveLength(1)
  expect(told).toEqual([
    expect.stringContaining('POST /batches of openai was let through'),
    expect.stringContaining('could not be opened'),
  ])
})
