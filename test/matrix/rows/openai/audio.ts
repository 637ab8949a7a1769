import { createReadStream, readFileSync } from 'node:fs'
import { piecesOf, SCRIPT } from '../../../../demo/stand-in/script.ts'
import type { ExpectedCharge } from '../../row.ts'
import {
  COMMON,
  openaiOf,
  type OpenAiRoute,
  type OpenAiRow,
  type OpenAiStreamingRoute,
  PRICES,
  tokensOf,
} from './setting.ts'
import { streamRows } from '../stainless/stream-rows.ts'
import { wholeRows } from '../stainless/whole-rows.ts'

const RECORDING = new URL('../../../../demo/voice-message.wav', import.meta.url)
const BYTES = readFileSync(RECORDING)
/** 16 kHz, 16 bits, mono, after a header of 44 bytes. */
const SECONDS = (BYTES.length - 44) / 32_000
/** What the stand-in states: whisper is billed by whole seconds. */
const WHOLE_SECONDS = Math.ceil(SECONDS)
/** Ten tokens a second: as the stand-in states them, and as they are estimated from whole seconds. */
const AUDIO_TOKENS = Math.ceil(SECONDS * 10)
const ESTIMATED_AUDIO_TOKENS = WHOLE_SECONDS * 10

const BY_TOKENS = 'gpt-4o-mini-transcribe'
const BY_SECONDS = 'whisper-1'

const heard = (
  model: typeof BY_TOKENS | typeof BY_SECONDS,
  units: ExpectedCharge['units'],
  estimated?: true,
): ExpectedCharge => ({
  category: 'SpeechToText',
  model,
  units,
  prices: PRICES[model],
  ...(estimated && { estimated }),
})

const upload = () => new File([BYTES], 'voice-message.wav', { type: 'audio/wav' })

const SPOKEN = piecesOf(SCRIPT.transcript)
/** The words, the whole text, and [DONE]. */
const HALF = Math.floor((SPOKEN.length + 2) / 2)

const TRANSCRIPTIONS: OpenAiStreamingRoute = {
  name: 'transcriptions',
  ...COMMON,
  used: [heard(BY_TOKENS, { input_audio_tokens: AUDIO_TOKENS, output_tokens: tokensOf(SCRIPT.transcript) })],
  cut: [heard(BY_TOKENS, { input_audio_tokens: ESTIMATED_AUDIO_TOKENS, output_tokens: [15, 80] }, true)],
  unstated: [heard(BY_TOKENS, { input_audio_tokens: ESTIMATED_AUDIO_TOKENS, output_tokens: [20, 40] }, true)],
  create: (client, options) =>
    client.audio.transcriptions.create({ file: upload(), model: BY_TOKENS }, options),
  post: (client) => client.post('/audio/transcriptions', { body: formOf(BY_TOKENS) }),
  stream: {
    open: (client, options) =>
      client.audio.transcriptions.create({ file: upload(), model: BY_TOKENS, stream: true }, options),
    half: HALF,
    left: [
      heard(
        BY_TOKENS,
        {
          input_audio_tokens: ESTIMATED_AUDIO_TOKENS,
          output_tokens: tokensOf(SPOKEN.slice(0, HALF).join('')),
        },
        true,
      ),
    ],
    unopened: [heard(BY_TOKENS, { input_audio_tokens: ESTIMATED_AUDIO_TOKENS }, true)],
    asksForUsage: false,
  },
}

/** Its answers never state a usage: the audio is measured before it is sent. */
const TRANSLATIONS: OpenAiRoute = {
  name: 'translations',
  ...COMMON,
  used: [heard(BY_SECONDS, { input_audio_seconds: SECONDS })],
  cut: [heard(BY_SECONDS, { input_audio_seconds: SECONDS }, true)],
  create: (client, options) =>
    // oxlint-disable-next-line typescript/no-deprecated -- the route is still there, and costs money
    client.audio.translations.create({ file: upload(), model: BY_SECONDS }, options),
  post: (client) => client.post('/audio/translations', { body: formOf(BY_SECONDS) }),
}

const formatRow = (
  response_format: 'json' | 'verbose_json' | 'text' | 'srt' | 'vtt',
  seconds: number,
): OpenAiRow => ({
  route: TRANSCRIPTIONS.name,
  scenario: 'plain',
  variant: `by the second, ${response_format}`,
  charges: [heard(BY_SECONDS, { input_audio_seconds: seconds })],
  act: async (run) =>
    openaiOf(run).audio.transcriptions.create({ file: upload(), model: BY_SECONDS, response_format }),
})

const streamedUpload = (response_format: 'json' | 'text', seconds: number): OpenAiRow => ({
  route: TRANSCRIPTIONS.name,
  scenario: 'plain',
  variant: `uploaded as a stream, ${response_format}`,
  charges: [heard(BY_SECONDS, { input_audio_seconds: seconds })],
  act: async (run) =>
    openaiOf(run).audio.transcriptions.create({
      file: createReadStream(RECORDING),
      model: BY_SECONDS,
      response_format,
    }),
})

export const audioRows: OpenAiRow[] = [
  ...wholeRows(TRANSCRIPTIONS),
  ...streamRows(TRANSCRIPTIONS),
  formatRow('json', WHOLE_SECONDS),
  formatRow('verbose_json', WHOLE_SECONDS),
  formatRow('text', SECONDS),
  formatRow('srt', SECONDS),
  formatRow('vtt', SECONDS),
  streamedUpload('json', WHOLE_SECONDS),
  streamedUpload('text', SECONDS),
  ...wholeRows(TRANSLATIONS),
]

function formOf(model: string): FormData {
  const form = new FormData()
  form.append('file', upload())
  form.append('model', model)
  return form
}
