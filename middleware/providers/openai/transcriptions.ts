import { CreditsError } from '../../../src/errors.ts'
import { type Fraction, fraction, ceiling } from '../../../src/rates/fraction.ts'
import { priceOfUnit } from '../../../src/rates/rate-card.ts'
import type { Rates, Usage } from '../../../src/rates.ts'
import { type JsonObject, parseObject } from '../../json.ts'
import type { CallPlan, EventReader, PlanTerms, UsageReport } from '../../provider.ts'
import type { MeteredRequest } from '../../request.ts'
import { WAVE_HEADER_BYTES, waveDuration } from '../../wave-audio.ts'
import { readJsonEvents, writtenBytes } from '../answer.ts'
import { AUDIO_TOKENS_PER_SECOND, averageTokens, LEAST_AUDIO_BYTES_PER_SECOND } from '../estimate.ts'
import { audioSeconds, transcriptionUsage } from './usage.ts'

/** Formats whose answer says nothing of what was used. */
const SILENT_FORMATS: readonly unknown[] = ['text', 'srt', 'vtt']

/** Speech is about 3 tokens a second; the models' limit is 2,000 for one answer. */
const OUTPUT_TOKENS_PER_SECOND = 5n
const MOST_OUTPUT_TOKENS = 2000n

/** Audio of the lowest bit rate in use, 6 kbit/s, for a strict bound. */
const STRICT_AUDIO_BYTES_PER_SECOND = 750

interface Audio {
  readonly seconds: Fraction
  /** Whether that was read from the file; else it is made out from its size. */
  readonly measured: boolean
}

/** `POST /audio/transcriptions` */
export async function planTranscription(request: MeteredRequest, terms: PlanTerms): Promise<CallPlan> {
  const form = await request.form()
  const model = textField(form, 'model')
  if (model === undefined) throw unpriceable('The transcription names no model, so it has no price.')
  const rates = terms.requireRates(model)
  const audio = await measureAudio(form.get('file'), terms)
  const bySecond = rates !== undefined && priceOfUnit(rates, 'input_audio_seconds') !== undefined
  const format = textField(form, 'response_format')
  const silent = SILENT_FORMATS.includes(format)
  if (silent && rates) checkMeasured(audio, bySecond, format, terms)

  const report = (usage: Usage, rest?: Partial<UsageReport>): UsageReport => ({
    lines: [{ category: 'SpeechToText', usage, rates }],
    ...rest,
  })
  const length = (): Usage => (bySecond ? audioSeconds(audio.seconds) : audioTokens(audio.seconds))
  const estimateWritten = (bytes: number): UsageReport =>
    report(bySecond ? length() : { ...length(), output_tokens: BigInt(averageTokens(bytes)) }, {
      estimated: true,
      note: 'the usage was not stated; estimated from the length of the audio',
    })
  const readUsage = (answer: JsonObject): UsageReport | undefined => {
    const usage = transcriptionUsage(answer)
    return usage && isPriced(usage, rates) ? report(usage) : undefined
  }
  return {
    model,
    category: 'SpeechToText',
    estimate: report(bySecond ? length() : { ...length(), output_tokens: estimatedOutput(audio.seconds) })
      .lines,
    readAnswer(answer) {
      // What was measured before sending is as good as what the provider would say.
      if (silent) return audio.measured && bySecond ? report(length()) : undefined
      return readUsage(parseObject(answer) ?? {})
    },
    estimateAnswer: (answer) => estimateWritten(Buffer.byteLength(answer)),
    readEvents: () => readTranscriptionEvents(readUsage, estimateWritten),
  }
}

function readTranscriptionEvents(
  readUsage: (answer: JsonObject) => UsageReport | undefined,
  estimateWritten: (bytes: number) => UsageReport,
): EventReader {
  let written = 0
  let complete = false
  let report: UsageReport | undefined
  return readJsonEvents(
    {
      follow(event, data) {
        if (event['type'] === 'transcript.text.delta') written += writtenBytes(event, ['delta'])
        if (event['type'] === 'transcript.text.done') {
          complete = true
          report = readUsage(event)
        }
        return data
      },
      report: () => report,
      estimate: () => estimateWritten(written),
      complete: () => complete,
    },
    false,
  )
}

/** A verbose answer of a model that is sold by tokens states seconds only: those do not tell its cost. */
const isPriced = (usage: Usage, rates: Rates | undefined): boolean =>
  !rates || !('input_audio_seconds' in usage) || priceOfUnit(rates, 'input_audio_seconds') !== undefined

async function measureAudio(file: ReturnType<FormData['get']>, { strict }: PlanTerms): Promise<Audio> {
  if (!(file instanceof Blob))
    throw unpriceable('The transcription brings no audio file, so it has no price.')
  const head = new Uint8Array(await file.slice(0, WAVE_HEADER_BYTES).arrayBuffer())
  const seconds = waveDuration(head, file.size)
  if (seconds) return { seconds, measured: true }
  const bytesPerSecond = strict ? STRICT_AUDIO_BYTES_PER_SECOND : LEAST_AUDIO_BYTES_PER_SECOND
  return { seconds: fraction(BigInt(file.size), BigInt(bytesPerSecond)), measured: false }
}

/** @throws CreditsError `unknown_price` by policy, where neither the answer nor the file says what is used */
function checkMeasured(
  { measured }: Audio,
  bySecond: boolean,
  format: string | undefined,
  terms: PlanTerms,
): void {
  if (measured && bySecond) return
  const hint = bySecond ? 'send WAV audio' : 'this model is sold by tokens'
  terms.unpriced(`a transcription in the format ${format}, which states no usage (${hint}, or ask for json)`)
}

const audioTokens = (seconds: Fraction) => ({
  input_audio_tokens: ceiling(seconds) * BigInt(AUDIO_TOKENS_PER_SECOND),
})

function estimatedOutput(seconds: Fraction): bigint {
  const tokens = ceiling(seconds) * OUTPUT_TOKENS_PER_SECOND
  return tokens < MOST_OUTPUT_TOKENS ? tokens : MOST_OUTPUT_TOKENS
}

function textField(form: FormData, name: string): string | undefined {
  const value = form.get(name)
  return typeof value === 'string' && value !== '' ? value : undefined
}

const unpriceable = (message: string) => new CreditsError('unknown_price', message)
