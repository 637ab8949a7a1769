import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { DeepgramClient, DeepgramError } from '@deepgram/sdk'
import { afterAll, beforeAll, expect, expectTypeOf, test } from 'vitest'
import { isInsufficientCredits, metered, meteredFetch, type MeteredOptions } from '../../middleware/index.ts'
import { deepgram as provider } from '../../middleware/providers/deepgram/index.ts'
import { DEEPGRAM_SECONDS, startDeepgramFake } from '../fakes/providers/deepgram.ts'
import type { Fake } from '../fakes/providers/serve.ts'
import { openTestLedger, type TestLedger } from '../support/ledger.ts'
import { rejection, settledCharges } from './support.ts'

const RECORDING = new URL('../../demo/voice-message.wav', import.meta.url)
const ELSEWHERE = { url: 'https://a.example/voice.wav' }

/** Dollars a minute, at 100 credits a dollar, rounded up once. */
const costOf = (dollarsAMinute: number, seconds = DEEPGRAM_SECONDS): bigint =>
  BigInt(Math.ceil((seconds * dollarsAMinute * 1e8) / 60))
/** https://deepgram.com/pricing */
const NOVA_2 = 0.0043
const NOVA_3 = 0.0077
const NOVA_3_MULTILINGUAL = 0.0092
const DIARIZATION = 0.002

let open: TestLedger
let fake: Fake
let plain: DeepgramClient
let recording: Buffer
beforeAll(async () => {
  open = await openTestLedger()
  recording = await readFile(RECORDING)
  fake = await startDeepgramFake()
  plain = new DeepgramClient({ apiKey: 'any', baseUrl: fake.url })
})
afterAll(async () => {
  await fake.close()
  await open.close()
})

let accounts = 0
async function fund(amount = '10000'): Promise<string> {
  const account = `deepgram-${++accounts}`
  await open.ledger.grant(account, { type: 'paid', amount })
  return account
}

const wrap = (account: string, options: Partial<MeteredOptions> = {}): DeepgramClient =>
  metered(plain, { credits: open.ledger, account, ...options })

test('a metered client has the type, the key and the session of the one that it is made of', async () => {
  const account = await fund()
  // Its parts have been made already: the copy makes its own.
  await plain.listen.v1.media.transcribeUrl({ ...ELSEWHERE, model: 'nova-3' })
  const client = wrap(account)
  expectTypeOf(client).toEqualTypeOf<DeepgramClient>()
  expect(client).toBeInstanceOf(DeepgramClient)
  expect(client.sessionId).toBe(plain.sessionId)
  expect(await client.listen.v1.media.transcribeUrl({ ...ELSEWHERE, model: 'nova-3' })).toEqual(
    await plain.listen.v1.media.transcribeUrl({ ...ELSEWHERE, model: 'nova-3' }),
  )
  const [ours, unmetered] = fake.requests.slice(-2)
  expect(ours).toEqual(unmetered)
  expect(ours?.headers['authorization']).toBe('Token any')
  expect(await settledCharges(open.ledger, account)).toHaveLength(1)
})

test.each<[string, object, bigint]>([
  ['nova-3', { model: 'nova-3' }, costOf(NOVA_3)],
  ['nova-3-general', { model: 'nova-3-general', smart_format: true, diarize: false }, costOf(NOVA_3)],
  ['nova-3', { model: 'nova-3', language: 'multi' }, costOf(NOVA_3_MULTILINGUAL)],
  ['nova-2-meeting', { model: 'nova-2-meeting', punctuate: true }, costOf(NOVA_2)],
  ['nova-3', { model: 'nova-3', multichannel: true }, costOf(NOVA_3, 2 * DEEPGRAM_SECONDS)],
])('%s is charged by the seconds that the answer states', async (model, options, amount) => {
  const account = await fund()
  const listen = wrap(account).listen.v1.media
  await listen.transcribeFile(recording, options)
  await listen.transcribeUrl({ ...ELSEWHERE, ...options })
  const charge = { category: 'SpeechToText', model, amount, estimated: false }
  expect(await settledCharges(open.ledger, account)).toMatchObject([charge, charge])
})

test('audio is sent as it comes: bytes, a Blob, a stream, a path', async () => {
  const account = await fund()
  const uploads = [
    recording,
    new Blob([recording]),
    createReadStream(RECORDING),
    { data: createReadStream(RECORDING), contentLength: recording.length },
    { path: RECORDING.pathname },
  ]
  for (const upload of uploads) {
    const answer = await wrap(account, { estimate: 'strict' })
      .listen.v1.media.transcribeFile(upload, { model: 'nova-3' })
      .withRawResponse()
    expect(answer.rawResponse.status).toBe(200)
    expect(answer.data).toMatchObject({ metadata: { request_id: 'deepgram-1' } })
    expect(recording.equals(fake.requests.at(-1)?.body as Buffer)).toBe(true)
  }
  const charges = await settledCharges(open.ledger, account)
  expect(charges.map(({ amount }) => amount)).toEqual(uploads.map(() => costOf(NOVA_3)))
  // 9 s that were measured; what is not in memory by its size, or as an hour.
  const held = charges.map((charge) => charge.held ?? 0n)
  expect(held[0]).toBe(held[1])
  expect(held[0]).toBeLessThan(costOf(NOVA_3))
})

test('an answer that does not state the length is estimated from what was sent', async () => {
  const account = await fund()
  fake.fail('no_usage')
  await wrap(account).listen.v1.media.transcribeFile(recording, { model: 'nova-3' })
  const seconds = (recording.length - 44) / 32_000
  expect(await settledCharges(open.ledger, account)).toMatchObject([
    { amount: costOf(NOVA_3, seconds), estimated: true },
  ])
})

test('features that are sold beside the transcription, and results that go elsewhere, need a price', async () => {
  const account = await fund()
  const listen = wrap(account).listen.v1.media
  const before = fake.requests.length
  for (const options of [
    { model: 'nova-3' as const, redact: 'pci' },
    { model: 'nova-3' as const, custom_topic: 'databases' },
    { model: 'nova-3' as const, callback: 'https://a.example/done' },
    { model: 'whisper' as const },
    {},
  ]) {
    expect(await rejection(listen.transcribeUrl({ ...ELSEWHERE, ...options }))).toMatchObject({
      statusCode: 400,
      body: { error: { code: 'unknown_price' } },
    })
  }
  expect(fake.requests).toHaveLength(before)
  expect(await settledCharges(open.ledger, account)).toEqual([])

  const told: string[] = []
  const recording = { unpriced: 'record', onUnpriced: (message: string) => void told.push(message) } as const
  await wrap(account, recording).listen.v1.media.transcribeUrl({
    ...ELSEWHERE,
    model: 'nova-3',
    redact: 'pci',
  })
  expect(await settledCharges(open.ledger, account)).toMatchObject([
    { amount: costOf(NOVA_3), estimated: true },
  ])
  expect(told).toContainEqual(expect.stringContaining("Deepgram's option redact"))
})

test('a feature that has a price is charged by the second', async () => {
  const account = await fund()
  const listen = wrap(account).listen.v1.media
  await listen.transcribeUrl({ ...ELSEWHERE, model: 'nova-3', diarize: true })
  await listen.transcribeUrl({ ...ELSEWHERE, model: 'nova-3', diarize_model: 'latest' })
  const charges = await settledCharges(open.ledger, account)
  const charge = { amount: costOf(NOVA_3 + DIARIZATION), estimated: false }
  expect(charges).toMatchObject([charge, charge])
  const seconds = String(DEEPGRAM_SECONDS)
  expect((await open.ledger.explain(account, charges[0]!.id)).receipt?.units).toEqual({
    input_audio_seconds: seconds,
    diarize_seconds: seconds,
  })
})

test('without credit the SDK raises its usual error, without a retry', async () => {
  const account = await fund('0.1')
  const before = fake.requests.length
  const listen = wrap(account).listen.v1.media
  const error = await rejection(listen.transcribeFile(createReadStream(RECORDING), { model: 'nova-3' }))
  expect(error).toBeInstanceOf(DeepgramError)
  expect(error).toMatchObject({ statusCode: 402 })
  expect(isInsufficientCredits(error)).toBe(true)
  expect(fake.requests).toHaveLength(before)
  expect(await open.ledger.balance(account)).toMatchObject({ openHolds: 0 })
})

test('attempts that fail cost nothing', async () => {
  const account = await fund()
  const options = { maxRetries: 0 }
  for (const fault of ['rate_limited', 'server_error', 'bad_request', 'reset'] as const) {
    fake.fail(fault, fault)
    const seen = await rejection(wrap(account).listen.v1.media.transcribeUrl(ELSEWHERE_3, options))
    const unmetered = await rejection(plain.listen.v1.media.transcribeUrl(ELSEWHERE_3, options))
    expect(seen).toMatchObject({ name: (unmetered as Error).name, message: (unmetered as Error).message })
  }
  expect(await settledCharges(open.ledger, account)).toEqual([])
})

const ELSEWHERE_3 = { ...ELSEWHERE, model: 'nova-3' } as const

test('management is free; speech, reading and sockets are refused', async () => {
  const account = await fund()
  // Elsewhere than at Deepgram's own address, only its costly routes tell whose API it is.
  const client = wrap(account, { provider })
  await client.manage.v1.projects.list()
  await client.auth.v1.tokens.grant()
  for (const call of [
    client.speak.v1.audio.generate({ text: 'Hello' }),
    client.read.v1.text.analyze({ body: { text: 'Hello' } }),
  ]) {
    expect(await rejection(call)).toMatchObject({
      statusCode: 400,
      body: { error: { code: 'unmetered_route' } },
    })
  }
  const socket = await client.listen.v1.createConnection({ model: 'nova-3' })
  const failed = new Promise((resolve) => socket.on('error', resolve))
  socket.connect()
  expect(await failed).toMatchObject({ message: expect.stringContaining('is not metered yet') })
  socket.close()
  expect(await settledCharges(open.ledger, account)).toEqual([])
})

test('a client metered again is charged once; one that takes no fetch is refused', async () => {
  const account = await fund()
  const twice = metered(wrap('nobody'), { credits: open.ledger, account })
  await twice.listen.v1.media.transcribeUrl(ELSEWHERE_3)
  const given = new DeepgramClient({
    apiKey: 'any',
    baseUrl: fake.url,
    fetch: meteredFetch(fetch, { credits: open.ledger, account }),
  })
  await given.listen.v1.media.transcribeUrl(ELSEWHERE_3)
  expect(await settledCharges(open.ledger, account)).toHaveLength(2)
  const other = new DeepgramClient({
    apiKey: 'any',
    fetcher: () => Promise.reject(new Error('Not called.')),
  })
  expect(() => metered(other, { credits: open.ledger })).toThrow(
    expect.objectContaining({ code: 'invalid_setting' }),
  )
})
