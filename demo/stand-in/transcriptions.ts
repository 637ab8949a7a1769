import { countTokens, piecesOf, type Script } from './script.ts'

/** WAV files of the usual kind have their bytes a second here, and their audio after 44 bytes. */
const BYTE_RATE_AT = 28
const HEADER_BYTES = 44
const DEFAULT_BYTES_PER_SECOND = 4000

export interface TranscriptionRequest {
  readonly model: string
  readonly format: string
  readonly stream: boolean
  /** Length of the audio in seconds. */
  readonly seconds: number
}

/** Reads the form of an upload; undefined where it lacks the file or the model. */
export async function readTranscriptionForm(form: FormData): Promise<TranscriptionRequest | undefined> {
  const file = form.get('file')
  const model = form.get('model')
  if (!(file instanceof Blob) || typeof model !== 'string') return undefined
  const head = new DataView(await file.slice(0, HEADER_BYTES).arrayBuffer())
  const isWave = head.byteLength === HEADER_BYTES && head.getUint32(0) === 0x5249_4646
  const bytesPerSecond = isWave ? head.getUint32(BYTE_RATE_AT, true) : DEFAULT_BYTES_PER_SECOND
  const format = form.get('response_format')
  return {
    model,
    format: typeof format === 'string' ? format : 'json',
    stream: form.get('stream') === 'true',
    seconds: (file.size - (isWave ? HEADER_BYTES : 0)) / bytesPerSecond,
  }
}

/** What the model is billed by: whisper by the second, the others by tokens. */
export function transcriptionUsage({ model, seconds }: TranscriptionRequest, { transcript }: Script): object {
  if (model === 'whisper-1') return { type: 'duration', seconds: Math.ceil(seconds) }
  const input = Math.ceil(seconds * 10)
  const output = countTokens(transcript)
  return {
    type: 'tokens',
    input_tokens: input,
    input_token_details: { text_tokens: 0, audio_tokens: input },
    output_tokens: output,
    total_tokens: input + output,
  }
}

/** A whole answer, in the format asked for: text, and its content type. */
export function transcription(
  request: TranscriptionRequest,
  script: Script,
  withUsage: boolean,
): { text: string; type: string } {
  const { transcript: text } = script
  const usage = withUsage ? { usage: transcriptionUsage(request, script) } : {}
  if (request.format === 'text') return { text: `${text}\n`, type: 'text/plain; charset=utf-8' }
  if (request.format === 'srt') {
    return { text: `1\n00:00:00,000 --> 00:00:06,000\n${text}\n\n`, type: 'text/plain; charset=utf-8' }
  }
  const answer =
    request.format === 'verbose_json'
      ? { task: 'transcribe', language: 'english', duration: request.seconds, text, segments: [], ...usage }
      : { text, ...usage }
  return { text: JSON.stringify(answer), type: 'application/json' }
}

/** The events of a streamed answer. */
export function transcriptionEvents(
  request: TranscriptionRequest,
  script: Script,
  withUsage: boolean,
): string[] {
  const event = (data: object) => `data: ${JSON.stringify(data)}\n\n`
  const usage = withUsage ? { usage: transcriptionUsage(request, script) } : {}
  return [
    ...piecesOf(script.transcript).map((delta) => event({ type: 'transcript.text.delta', delta })),
    event({ type: 'transcript.text.done', text: script.transcript, ...usage }),
    'data: [DONE]\n\n',
  ]
}
