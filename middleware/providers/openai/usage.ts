import { type Fraction, parseFraction } from '../../../src/rates/fraction.ts'
import type { Usage } from '../../../src/rates.ts'
import { MAX_AUDIO_SECONDS } from '../../audio-length.ts'
import { isObject, type JsonObject, objectAt } from '../../json.ts'

/** Token counts as OpenAI states them: those of the cache, of audio and of images lie within the input. */
interface TokenCounts {
  readonly input: bigint
  readonly cacheRead: bigint
  readonly cacheWrite: bigint
  readonly inputAudio: bigint
  readonly inputImage: bigint
  readonly output: bigint
  readonly outputAudio: bigint
}

/** The usage of a chat completion; undefined where it is not stated, or not in whole numbers. */
export const chatUsage = (usage: unknown): Usage | undefined =>
  readCounts(usage, {
    input: 'prompt_tokens',
    inputDetails: 'prompt_tokens_details',
    output: 'completion_tokens',
    outputDetails: 'completion_tokens_details',
  })

/** The usage of a response; undefined where it is not stated, or not in whole numbers. */
export const responseUsage = (usage: unknown): Usage | undefined =>
  readCounts(usage, {
    input: 'input_tokens',
    inputDetails: 'input_tokens_details',
    output: 'output_tokens',
    outputDetails: 'output_tokens_details',
  })

/** The usage of embeddings; undefined where it is not stated, or not in whole numbers. */
export function embeddingUsage(usage: unknown): Usage | undefined {
  if (!isObject(usage) || usage['prompt_tokens'] === undefined) return undefined
  const input_tokens = count(usage['prompt_tokens'])
  return input_tokens === undefined ? undefined : { input_tokens }
}

/** What a usage may state, here and on the servers of others who speak this API, that is sold as something known. */
const KNOWN_USES =
  /^(?:(?:prompt|completion|input|output|total|reasoning|cached|num_cached|prompt_cache_hit|prompt_cache_miss)_tokens|(?:\w+_)?(?:cost|time|duration|latency))$/

/** What a usage states beside its tokens: it may be sold, and nobody here knows at what. */
export const unknownUses = (usage: unknown): string[] =>
  isObject(usage)
    ? Object.entries(usage)
        .filter(([name, quantity]) => typeof quantity === 'number' && quantity > 0 && !KNOWN_USES.test(name))
        .map(([name]) => `no price for ${name}`)
    : []

/**
 * The usage of a transcription: tokens, or the seconds that are billed. `duration` is what a verbose answer says
 * of the audio's length where it states no usage.
 */
export function transcriptionUsage(answer: JsonObject): Usage | undefined {
  const usage = objectAt(answer, 'usage')
  if (usage['type'] === 'duration') return secondsUsage(usage['seconds'])
  return (
    readCounts(usage, {
      input: 'input_tokens',
      inputDetails: 'input_token_details',
      output: 'output_tokens',
      outputDetails: 'output_token_details',
    }) ?? secondsUsage(answer['duration'])
  )
}

function secondsUsage(seconds: unknown): Usage | undefined {
  const value = typeof seconds === 'string' ? Number(seconds) : seconds
  if (typeof value !== 'number' || !(value >= 0 && value <= MAX_AUDIO_SECONDS)) return undefined
  // Microseconds: answers state the length as a number of single precision, whose further digits mean nothing.
  return audioSeconds(parseFraction(value.toFixed(6), 'seconds'))
}

export const audioSeconds = (seconds: Fraction): Usage => ({ input_audio_seconds: seconds })

/**
 * Makes disjoint buckets of overlapping counts; together they are always the input and the output. Cached tokens
 * are taken for text as far as they can be, and audio for new: where the provider does not tell, never too little.
 */
export function disjointBuckets(counts: TokenCounts): Usage {
  const cacheRead = least(counts.cacheRead, counts.input)
  const cacheWrite = least(counts.cacheWrite, counts.input - cacheRead)
  const fresh = counts.input - cacheRead - cacheWrite
  const freshAudio = least(counts.inputAudio, fresh)
  const freshImage = least(counts.inputImage, fresh - freshAudio)
  const cachedAudio = least(counts.inputAudio - freshAudio, cacheRead)
  const outputAudio = least(counts.outputAudio, counts.output)
  return {
    input_tokens: fresh - freshAudio - freshImage,
    input_audio_tokens: freshAudio,
    input_image_tokens: freshImage,
    cache_read_tokens: cacheRead - cachedAudio,
    cache_audio_read_tokens: cachedAudio,
    cache_write_tokens: cacheWrite,
    output_tokens: counts.output - outputAudio,
    output_audio_tokens: outputAudio,
  }
}

interface CountNames {
  readonly input: string
  readonly inputDetails: string
  readonly output: string
  readonly outputDetails: string
}

function readCounts(usage: unknown, names: CountNames): Usage | undefined {
  if (!isObject(usage) || usage[names.input] === undefined || usage[names.output] === undefined)
    return undefined
  const input = objectAt(usage, names.inputDetails)
  const output = objectAt(usage, names.outputDetails)
  const counts = {
    input: count(usage[names.input]),
    cacheRead: count(input['cached_tokens']),
    cacheWrite: count(input['cache_write_tokens']),
    inputAudio: count(input['audio_tokens']),
    inputImage: count(input['image_tokens']),
    output: count(usage[names.output]),
    outputAudio: count(output['audio_tokens']),
  }
  return isComplete(counts) ? disjointBuckets(counts) : undefined
}

const isComplete = (
  counts: Record<keyof TokenCounts, bigint | undefined>,
): counts is Record<keyof TokenCounts, bigint> => Object.values(counts).every((value) => value !== undefined)

/** A count that is left out is none; one that is no whole number makes the usage unreadable. */
function count(value: unknown): bigint | undefined {
  if (value === undefined || value === null) return 0n
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? BigInt(value) : undefined
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)
