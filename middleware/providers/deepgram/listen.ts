import { type Fraction, fraction, multiply, parseFraction } from '../../../src/rates/fraction.ts'
import type { Rates, Usage } from '../../../src/rates.ts'
import { MAX_AUDIO_SECONDS, measureAudio } from '../../audio-length.ts'
import { type JsonObject, objectAt, parseObject, stringAt } from '../../json.ts'
import type { CallPlan, PlanTerms, UsageReport } from '../../provider.ts'
import type { MeteredRequest } from '../../request.ts'
import { readJsonEvents, type StreamFollower } from '../answer.ts'
import { LEAST_AUDIO_BYTES_PER_SECOND } from '../estimate.ts'
import { STRICT_AUDIO_BYTES_PER_SECOND } from '../openai/transcriptions.ts'
import { featurePrices, featureUnit, paidFeatures, withPrices } from './features.ts'

/** What Deepgram takes where a request names no model. */
const DEFAULT_MODEL = 'base'

/** Of a file whose channels are transcribed one by one: as a rule, and at most. */
const EXPECTED_CHANNELS = 2n
const MOST_CHANNELS = 20n

/** Names of a model for one kind of speech, at the price of the model. */
const VARIANT = /^(?:(nova-3)-general|(nova-2)-[a-z]+)$/

/** `POST /listen`: audio in the body, or at an address that the body names. */
export async function planListen(request: MeteredRequest, terms: PlanTerms): Promise<CallPlan> {
  const query = request.url.searchParams
  const model = query.get('model') ?? DEFAULT_MODEL
  const byChannel = query.get('multichannel') === 'true'
  // The result goes elsewhere, and with it the length of the audio.
  if (query.has('callback')) terms.unpriced('a transcription whose result is sent to a callback')
  const features = paidFeatures(query)
  const further = featurePrices(features, terms)
  const asked = ratesOfModel(model, query.get('language'), terms)
  if (!asked) terms.unpriced(`the model ${model}`)

  const report = (seconds: Fraction, rates: Rates | undefined, rest: Partial<UsageReport>): UsageReport => ({
    lines: [
      {
        category: 'SpeechToText',
        usage: usageOf(seconds, features),
        rates: rates && withPrices(rates, further),
      },
    ],
    ...rest,
  })
  const channels = !byChannel ? 1n : terms.strict ? MOST_CHANNELS : EXPECTED_CHANNELS
  const expected = multiply(await secondsBefore(request, terms), fraction(channels))
  const estimated = report(expected, asked, {
    estimated: true,
    note: 'the length of the audio was not stated; estimated from what was sent',
  })
  return {
    model,
    category: 'SpeechToText',
    estimate: estimated.lines,
    readAnswer(text) {
      const metadata = objectAt(parseObject(text), 'metadata')
      const seconds = billedSeconds(metadata, byChannel)
      const providerId = stringAt(metadata, 'request_id')
      return seconds && report(seconds, servedRates(metadata, model, terms) ?? asked, { providerId })
    },
    estimateAnswer(text) {
      const seconds = billedSeconds(metadataOfStart(text), byChannel)
      return seconds
        ? { ...report(seconds, asked, {}), estimated: true, note: 'the answer was cut off' }
        : estimated
    },
    readEvents: () => readJsonEvents(eventsWithoutUsage(estimated), false),
  }
}

/** What an answer that was cut off says of its audio: that comes first. */
function metadataOfStart(text: string): JsonObject {
  const start = text.slice(0, METADATA_CHARACTERS)
  const numberOf = (name: string) => {
    const [, digits] = new RegExp(`"${name}":\\s*(\\d{1,9}(?:\\.\\d{1,9})?)[,}]`).exec(start) ?? []
    return digits === undefined ? undefined : Number(digits)
  }
  return { duration: numberOf('duration'), channels: numberOf('channels') }
}

const METADATA_CHARACTERS = 4096

/** Deepgram answers in one piece; a server that does not states nothing that is known here. */
const eventsWithoutUsage = (estimated: UsageReport): StreamFollower => ({
  follow: (_, data) => data,
  report: () => undefined,
  estimate: () => estimated,
  complete: () => false,
})

function ratesOfModel(model: string, language: string | null, terms: PlanTerms): Rates | undefined {
  const family = familyOf(model)
  const multilingual = language === 'multi' ? terms.ratesOf(`${family}-multilingual`) : undefined
  return multilingual ?? terms.ratesOf(model) ?? terms.ratesOf(family)
}

/** The prices of what has served a call, where that is another model than was asked for, and one alone. */
function servedRates(metadata: JsonObject, model: string, terms: PlanTerms): Rates | undefined {
  const served = new Set(
    Object.values(objectAt(metadata, 'model_info')).map((info) => stringAt(info, 'arch')),
  )
  const [arch] = served
  return served.size === 1 && arch !== undefined && arch !== familyOf(model) ? terms.ratesOf(arch) : undefined
}

function familyOf(model: string): string {
  const [, nova3, nova2] = VARIANT.exec(model) ?? []
  return nova3 ?? nova2 ?? model
}

const usageOf = (seconds: Fraction, features: readonly string[]): Usage =>
  Object.fromEntries([INPUT_SECONDS, ...features.map(featureUnit)].map((unit) => [unit, seconds] as const))

const INPUT_SECONDS = 'input_audio_seconds'

/** Channels that are transcribed one by one are billed each: https://github.com/orgs/deepgram/discussions/932 */
function billedSeconds({ duration, channels }: JsonObject, byChannel: boolean): Fraction | undefined {
  if (typeof duration !== 'number' || !(duration >= 0 && duration <= MAX_AUDIO_SECONDS)) return undefined
  // Microseconds: a number of single precision has no further digits that mean anything.
  const seconds = parseFraction(duration.toFixed(6), 'duration')
  if (!byChannel) return seconds
  if (typeof channels !== 'number' || !Number.isSafeInteger(channels) || channels < 1) return undefined
  return multiply(seconds, fraction(BigInt(channels)))
}

/** How long the audio is taken to be before it is sent. A stream is not read for that: it may be of any length. */
async function secondsBefore(request: MeteredRequest, terms: PlanTerms): Promise<Fraction> {
  const file = request.file()
  const measured = file && (await measureAudio(file))
  if (measured) return measured
  const isElsewhere = request.headers.get('content-type')?.startsWith('application/json') === true
  const bytes = file?.size ?? Number(request.headers.get('content-length'))
  if (isElsewhere || !Number.isSafeInteger(bytes) || bytes < 1) return fraction(BigInt(terms.maxAudioSeconds))
  const bytesPerSecond = terms.strict ? STRICT_AUDIO_BYTES_PER_SECOND : LEAST_AUDIO_BYTES_PER_SECOND
  return fraction(BigInt(bytes), BigInt(bytesPerSecond))
}
