import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import OpenAI, { toFile } from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
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
  const unmeasured = await rejection(
    openai.audio.transcriptions.create({ file: noise, model: 'whisper-1', response_format: 'text' }),
  )
  const byTokens = await rejection(
    openai.audio.transcriptions.create({
      file: await upload(),
      model: 'gpt-4o-mini-transcribe',
      response_format: 'text',
    }),
  )
  for (const error of [unmeasured, byTokens]) {
    expect(error).toBeInstanceOf(OpenAI.BadRequestError)
    expect(error).toMatchObject({
      code: 'unknown_price',
      message: expect.stringContaining('states no usage'),
    })
  }
  expect(bench.standIn.requests).toHaveLength(before)
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
