import { readFileSync } from 'node:fs'
import Groq from 'groq-sdk'
import { metered } from '../../../middleware/index.ts'
import { GROQ_USAGE, startGroqFake } from '../../fakes/providers/groq.ts'
import type { Fake } from '../../fakes/providers/serve.ts'
import { perHour, perMillion } from '../prices.ts'
import type { ExpectedCharge, MatrixSdk, Run } from '../row.ts'
import type { StainlessRoute, StreamingRoute } from './stainless/route.ts'
import { streamRows } from './stainless/stream-rows.ts'
import { wholeRows } from './stainless/whole-rows.ts'

/** What all routes have in common. */
const COMMON = {
  clientOf({ standIn, metering }: Run<Fake>): Groq {
    const plain = new Groq({ apiKey: 'any', baseURL: standIn.url })
    return metering ? metered(plain, metering) : plain
  },
  noCredit: { class: 'APIError', status: 402, isInsufficientCredits: true, atOnce: true },
}

const MODEL = 'openai/gpt-oss-120b'
const REQUEST = {
  model: MODEL,
  messages: [{ role: 'user' as const, content: 'What is new in PostgreSQL 18?' }],
}
const STREAMED = { ...REQUEST, stream: true } as const

/** https://groq.com/pricing, read on 2026-11-22. */
const charge = (units: ExpectedCharge['units'], estimated?: true): ExpectedCharge => ({
  category: 'LLM',
  model: MODEL,
  units,
  prices: {
    input_tokens: perMillion('0.15'),
    cache_read_tokens: perMillion('0.075'),
    output_tokens: perMillion('0.60'),
  },
  ...(estimated && { estimated }),
})
/** At 4 bytes to a token. */
const inputOf = (request: object) => Math.ceil(JSON.stringify(request).length / 4)

const CHAT: StreamingRoute<Groq, Fake> = {
  ...COMMON,
  name: 'chat completions',
  used: [
    charge({
      input_tokens: GROQ_USAGE.prompt_tokens - GROQ_USAGE.cached_tokens,
      cache_read_tokens: GROQ_USAGE.cached_tokens,
      output_tokens: GROQ_USAGE.completion_tokens,
    }),
  ],
  cut: [charge({ input_tokens: inputOf(REQUEST), output_tokens: [20, 90] }, true)],
  unstated: [charge({ input_tokens: inputOf(REQUEST), output_tokens: [40, 150] }, true)],
  create: (client, options) => client.chat.completions.create(REQUEST, options),
  post: (client) => client.post('/openai/v1/chat/completions', { body: REQUEST }),
  stream: {
    open: (client, options) => client.chat.completions.create(STREAMED, options),
    // One without a word, and two of three words: 13 bytes.
    half: 3,
    left: [charge({ input_tokens: inputOf(STREAMED), output_tokens: 4 }, true)],
    unopened: [charge({ input_tokens: inputOf(STREAMED) }, true)],
    asksForUsage: false,
  },
}

const WHISPER = 'whisper-large-v3-turbo'
const BYTES = readFileSync(new URL('../../../demo/voice-message.wav', import.meta.url))
const upload = () => new File([BYTES], 'voice-message.wav', { type: 'audio/wav' })

/** It is shorter than the 10 seconds that are billed at least: https://console.groq.com/docs/speech-to-text */
const heard = (estimated?: true): ExpectedCharge => ({
  category: 'SpeechToText',
  model: WHISPER,
  units: { input_audio_seconds: 10 },
  prices: { input_audio_seconds: perHour('0.04') },
  ...(estimated && { estimated }),
})

const TRANSCRIPTIONS: StainlessRoute<Groq, Fake> = {
  ...COMMON,
  name: 'transcriptions',
  used: [heard()],
  cut: [heard(true)],
  create: (client, options) =>
    client.audio.transcriptions.create({ file: upload(), model: WHISPER }, options),
  post(client) {
    const form = new FormData()
    form.append('file', upload())
    form.append('model', WHISPER)
    return client.post('/openai/v1/audio/transcriptions', { body: form })
  },
}

/** groq-sdk, against a stand-in. */
export const groq: MatrixSdk<Fake> = {
  name: 'groq',
  start: () => startGroqFake(9),
  rows: [...wholeRows(CHAT), ...streamRows(CHAT), ...wholeRows(TRANSCRIPTIONS)],
  without: [
    ...[CHAT, TRANSCRIPTIONS].flatMap(({ name: route }) => [
      { route, scenario: 'helper' as const, because: 'the SDK has none' },
      { route, scenario: 'background' as const, because: 'it is answered at once or in batches' },
    ]),
    { route: TRANSCRIPTIONS.name, scenario: 'stream', because: 'its answers are not streamed' },
  ],
}
