import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import OpenAI, { toFile, toStreamingFile } from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { flacFile, mp3File, mp4File, oggFile, webmFile } from './audio-files.ts'
import { type Bench, collect, openBench, rejection } from './support.ts'

let bench: Bench
let recording: Buffer
let seconds: number
beforeAll(async () => {
  bench = await openBench()
  recording = await readFile(RECORDING)
  // 16 kHz, 16 bits, mono, after a header of 44 bytes.
  seconds = (recording.length - 44) / 32_000
})
afterAll(() => bench.close())

const RECORDING = new URL('../../demo/voice-message.wav', import.meta.url)

function* inPieces(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000)
}

/** The SDK tells of a newer way to translate; this one costs money as before. */
const translate = (openai: OpenAI, body: { file: File; response_format?: 'verbose_json' }) =>
  // oxlint-disable-next-line typescript/no-deprecated -- it is what is tested
  openai.audio.translations.create({ model: 'whisper-1', ...body })

const upload = () => toFile(recording, 'voice-message.wav', { type: 'audio/wav' })

/** $0.006 a minute at 100 credits a dollar is 10,000 micro-credits a second. */
const WHISPER_SECOND = 10_000

test('a model sold by tokens is charged by its tokens', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account })
  const { text, usage } = await openai.audio.transcriptions.create({
    file: await upload(),
    model: 'gpt-4o-mini-transcribe',
  })
  expect(text).toContain('PostgreSQL 18')
  if (usage?.type !== 'tokens') throw new Error('No tokens stated.')
  // $3 a million audio tokens in, $5 a million out.
  const amount = BigInt(usage.input_tokens) * 300n + BigInt(usage.output_tokens) * 500n
  expect(await bench.settledCharges(account)).toMatchObject([
    { category: 'SpeechToText', amount, model: 'gpt-4o-mini-transcribe', estimated: false },
  ])
})

test('a model sold by time is charged by the seconds that it states', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account })
  await openai.audio.transcriptions.create({ file: await upload(), model: 'whisper-1' })
  await openai.audio.transcriptions.create({
    file: await upload(),
    model: 'whisper-1',
    response_format: 'verbose_json',
  })
  // Without a usage, the length that the verbose answer states is charged.
  await openai.audio.transcriptions.create(
    { file: await upload(), model: 'whisper-1', response_format: 'verbose_json' },
    { headers: { 'x-stand-in-fault': 'no_usage' } },
  )
  const stated = BigInt(Math.ceil(seconds) * WHISPER_SECOND)
  const charges = await bench.settledCharges(account)
  expect(charges).toMatchObject([
    { category: 'SpeechToText', amount: stated, estimated: false },
    { category: 'SpeechToText', amount: stated, estimated: false },
    { category: 'SpeechToText', amount: BigInt(Math.ceil(seconds * WHISPER_SECOND)), estimated: false },
  ])
})

test.each(['text', 'srt'] as const)(
  '%s states nothing, so the audio is measured before it is sent',
  async (format) => {
    const account = await bench.fund()
    const openai = bench.client({ account })
    const text = await openai.audio.transcriptions.create({
      file: await upload(),
      model: 'whisper-1',
      response_format: format,
    })
    expect(text).toContain('PostgreSQL 18')
    expect(await bench.settledCharges(account)).toMatchObject([
      { amount: BigInt(Math.ceil(seconds * WHISPER_SECOND)), estimated: false },
    ])
  },
)

test('what can be measured neither before nor after is refused before it is sent', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account })
  const before = bench.standIn.requests.length
  const noise = await toFile(Buffer.alloc(4000, 7), 'noise.mp3')
  const silent = { file: noise, response_format: 'text' } as const
  for (const call of [
    () => openai.audio.transcriptions.create({ ...silent, model: 'whisper-1' }),
    () => openai.audio.transcriptions.create({ ...silent, model: 'gpt-4o-mini-transcribe' }),
    () => translate(openai, { file: noise }),
  ]) {
    const error = await rejection(call())
    expect(error).toBeInstanceOf(OpenAI.BadRequestError)
    expect(error).toMatchObject({
      code: 'unknown_price',
      message: expect.stringContaining('states no usage'),
    })
  }
  expect(bench.standIn.requests).toHaveLength(before)
  expect(await bench.settledCharges(account)).toEqual([])
})

test('a text of a model sold by tokens is charged by an estimate from the length of the audio', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account })
  const file = await toFile(mp4File(30), 'note.m4a', { type: 'audio/mp4' })
  const prompt = 'About PostgreSQL'
  const asked = { file, model: 'gpt-4o-mini-transcribe', prompt, response_format: 'text' as const }
  const text = await openai.audio.transcriptions.create(asked)
  const [charge] = await bench.settledCharges(account)
  expect(charge).toMatchObject({ category: 'SpeechToText', estimated: true })
  const { receipt } = await bench.ledger.explain(account, charge!.id)
  expect(receipt?.units).toEqual({
    input_audio_tokens: '300',
    input_tokens: String(prompt.length / 4),
    output_tokens: String(Math.ceil(text.length / 4)),
  })
})

test.each<[string, Buffer, string, number]>([
  ['m4a', mp4File(12), 'note.m4a', 12],
  ['mp3', mp3File(1000), 'note.mp3', (1000 * 1152) / 44_100],
  ['ogg', oggFile(8), 'note.ogg', 8],
  ['webm', webmFile(7), 'note.webm', 7],
  ['flac', flacFile(21), 'note.flac', 21],
])('%s audio is measured, as a file and as a stream', async (_, audio, name, length) => {
  const account = await bench.fund()
  const openai = bench.client({ account })
  const asked = { model: 'whisper-1', response_format: 'vtt' } as const
  await openai.audio.transcriptions.create({ ...asked, file: await toFile(audio, name) })
  const bytes = Readable.from(inPieces(audio))
  await openai.audio.transcriptions.create({ ...asked, file: toStreamingFile(bytes, name) })
  const amount = BigInt(Math.ceil(Number(length.toFixed(6)) * WHISPER_SECOND))
  expect(await bench.settledCharges(account)).toMatchObject([
    { amount, estimated: false },
    { amount, estimated: false },
  ])
})

test('a translation never states what it used: the length of its audio is charged', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account })
  const measured = BigInt(Math.ceil(seconds * WHISPER_SECOND))
  const { text } = await translate(openai, { file: await upload() })
  expect(text).toContain('PostgreSQL 18')
  await translate(openai, { file: await upload(), response_format: 'verbose_json' })
  const charges = await bench.settledCharges(account)
  expect(charges).toHaveLength(2)
  for (const charge of charges) {
    expect(charge).toMatchObject({ category: 'SpeechToText', amount: measured, estimated: false })
  }
})

test('a streamed upload reaches the provider as it was, byte by byte', async () => {
  const account = await bench.fund()
  const send = (openai: OpenAI) =>
    openai.audio.transcriptions.create({
      file: createReadStream(RECORDING),
      model: 'whisper-1',
      prompt: 'ä€',
    })
  const before = bench.standIn.requests.length
  await send(bench.plain)
  await send(bench.client({ account }))
  const [expected, given] = bench.standIn.requests.slice(before).map(({ body }) => body)
  expect(given).toEqual(expected)
  expect(JSON.stringify(given)).toContain('sha256')
})

test('an upload whose source stalls ends with the SDK’s timeout, and nothing is charged', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account }).withOptions({ timeout: 50, maxRetries: 0 })
  async function* stalling() {
    yield recording.subarray(0, 1000)
    await new Promise(() => undefined)
  }
  const error = await rejection(
    openai.audio.transcriptions.create({ file: toStreamingFile(stalling(), 'a.wav'), model: 'whisper-1' }),
  )
  expect(error).toBeInstanceOf(OpenAI.APIConnectionTimeoutError)
  expect(await bench.settledCharges(account)).toEqual([])
})

test('a file sent as a stream arrives whole and is charged', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account })
  const { text } = await openai.audio.transcriptions.create({
    file: createReadStream(RECORDING),
    model: 'whisper-1',
  })
  expect(text).toContain('PostgreSQL 18')
  expect(await bench.settledCharges(account)).toMatchObject([
    { amount: BigInt(Math.ceil(seconds) * WHISPER_SECOND), estimated: false },
  ])
})

test('a streamed transcription is charged exactly', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account })
  const stream = await openai.audio.transcriptions.create({
    file: await upload(),
    model: 'gpt-4o-mini-transcribe',
    stream: true,
  })
  const events = await collect(stream)
  const last = events.at(-1)
  if (last?.type !== 'transcript.text.done') throw new Error(`It ended with ${last?.type}.`)
  const amount = BigInt(last.usage?.input_tokens ?? 0) * 300n + BigInt(last.usage?.output_tokens ?? 0) * 500n
  expect(amount).toBeGreaterThan(0n)
  expect(await bench.settledCharges(account)).toMatchObject([{ amount, estimated: false }])
})

test('an answer without usage is charged by an estimate from the length of the audio', async () => {
  const account = await bench.fund()
  const openai = bench.client({ account })
  await openai.audio.transcriptions.create(
    { file: await upload(), model: 'gpt-4o-mini-transcribe' },
    { headers: { 'x-stand-in-fault': 'no_usage' } },
  )
  const [charge] = await bench.settledCharges(account)
  expect(charge).toMatchObject({ category: 'SpeechToText', estimated: true })
  const { receipt } = await bench.ledger.explain(account, charge!.id)
  expect(receipt?.units?.['input_audio_tokens']).toBe(String(Math.ceil(seconds) * 10))
})
