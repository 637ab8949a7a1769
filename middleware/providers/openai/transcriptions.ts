import { measureAudio } from '../../audio-length.ts'
import { CreditsError } from '../../../src/errors.ts'
import { ceiling, type Fraction, fraction } from '../../../src/rates/fraction.ts'
import { priceOfUnit } from '../../../src/rates/rate-card.ts'
import type { Rates, Usage } from '../../../src/rates.ts'
import { type JsonObject, parseObject } from '../../json.ts'
import type { CallPlan, EventReader, PlanTerms, UsageReport } from '../../provider.ts'
import type { MeteredRequest } from '../../request.ts'
import { readJsonEvents, writtenBytes } from '../answer.ts'
import { AUDIO_TOKENS_PER_SECOND, averageTokens, LEAST_AUDIO_BYTES_PER_SECOND } from '../estimate.ts'
import { askedModel } from './asked-model.ts'
import { audioSeconds, transcriptionUsage } from './usage.ts'

/** How a provider states and bills what a transcription or translation used. */
export interface SpeechDialect {
  /** Formats whose answer says nothing of what was used. */
  readonly silentFormats: readonly unknown[]
  /** The shortest audio that is billed, in seconds. Default: any. */
  readonly leastSeconds?: Fraction
  /** The form's field for the address of audio that is not sent along. Default: it has none. */
  readonly urlField?: string
}

const TRANSCRIPTIONS: SpeechDialect = { silentFormats: ['text', 'srt', 'vtt'] }
/** A translation is never said to have used anything; its verbose answer states how long the audio is. */
const TRANSLATIONS: SpeechDialect = {
  silentFormats: [undefined, 'json', ...TRANSCRIPTIONS.silentFormats],
}

/** Speech is about 3 tokens a second; the models' limit is 2,000 for one answer. */
const OUTPUT_TOKENS_PER_SECOND = 5n
const MOST_OUTPUT_TOKENS = 2000n

/** Audio of the lowest bit rate in use, 6 kbit/s, for a strict bound. */
export const STRICT_AUDIO_BYTES_PER_SECOND = 750

interface Audio {
  readonly seconds: Fraction
  /** Whether that was read from the file; else it is made out from its size. */
  readonly measured: boolean
}

/** `POST /audio/transcriptions` */
export const planTranscription = (request: MeteredRequest, terms: PlanTerms): Promise<CallPlan> =>
  planSpeech(request, terms, TRANSCRIPTIONS)

/** `POST /audio/translations` */
export const planTranslation = (request: MeteredRequest, terms: PlanTerms): Promise<CallPlan> =>
  planSpeech(request, terms, TRANSLATIONS)

/** A request with a form that has the audio, or its address, in it. */
export async function planSpeech(
  request: MeteredRequest,
  terms: PlanTerms,
  dialect: SpeechDialect,
): Promise<CallPlan> {
  const { silentFormats, leastSeconds, urlField } = dialect
  const form = await request.form()
  const model = askedModel(request, { model: textField(form, 'model') }, terms)
  const rates = terms.requireRates(model)
  const isElsewhere = urlField !== undefined && textField(form, urlField) !== undefined
  const audio = isElsewhere ? unseenAudio(terms) : await lengthOf(form.get('file'), terms)
  const bySecond = rates !== undefined && priceOfUnit(rates, 'input_audio_seconds') !== undefined
  const format = textField(form, 'response_format')
  const silent = silentFormats.includes(format)
  if (silent && rates && !audio.measured) {
    terms.unpriced(
      `audio of unknown length in the format ${format ?? 'json'}, which states no usage ` +
        `(send another kind of file, or ask for ${silentFormats.includes('json') ? 'verbose_json' : 'json'})`,
    )
  }
  const promptTokens = BigInt(averageTokens(Buffer.byteLength(textField(form, 'prompt') ?? '')))

  const report = (usage: Usage, rest?: Partial<UsageReport>): UsageReport => ({
    lines: [{ category: 'SpeechToText', usage: atLeast(leastSeconds, usage), rates }],
    ...rest,
  })
  const usageOfLength = (output_tokens: bigint): Usage =>
    bySecond
      ? audioSeconds(audio.seconds)
      : { ...audioTokens(audio.seconds), input_tokens: promptTokens, output_tokens }
  const estimateWritten = (bytes: number): UsageReport =>
    report(usageOfLength(BigInt(averageTokens(bytes))), {
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
    estimate: report(usageOfLength(estimatedOutput(audio.seconds))).lines,
    readAnswer(answer) {
      const stated = silent ? undefined : readUsage(parseObject(answer) ?? {})
      // A length that was measured before sending is what the provider bills; tokens remain an estimate.
      return stated ?? (bySecond && audio.measured ? report(audioSeconds(audio.seconds)) : undefined)
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

/** Audio that only the provider sees. */
const unseenAudio = ({ maxAudioSeconds }: PlanTerms): Audio => ({
  seconds: fraction(BigInt(maxAudioSeconds)),
  measured: false,
})

/** Short audio is billed as if it were as long as the provider's shortest. */
function atLeast(least: Fraction | undefined, usage: Usage): Usage {
  const { input_audio_seconds: seconds } = usage
  if (!least || seconds === undefined || typeof seconds === 'bigint') return usage
  return isLess(seconds, least) ? { ...usage, input_audio_seconds: least } : usage
}

const isLess = (a: Fraction, b: Fraction): boolean =>
  a.numerator * b.denominator < b.numerator * a.denominator

async function lengthOf(file: ReturnType<FormData['get']>, { strict }: PlanTerms): Promise<Audio> {
  if (!(file instanceof Blob)) {
    throw new CreditsError('unknown_price', 'The request brings no audio file, so it has no price.')
  }
  const seconds = await measureAudio(file)
  if (seconds) return { seconds, measured: true }
  const bytesPerSecond = strict ? STRICT_AUDIO_BYTES_PER_SECOND : LEAST_AUDIO_BYTES_PER_SECOND
  return { seconds: fraction(BigInt(file.size), BigInt(bytesPerSecond)), measured: false }
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
