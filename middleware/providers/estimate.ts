import type { Rates } from '../../src/rates.ts'
import { isObject, type JsonObject, objectAt, stringAt } from '../json.ts'
import type { PlanTerms } from '../provider.ts'

/** UTF-8 bytes to a token: at least 1 always, 2 for English, code, JSON, Chinese and emoji, about 4 on average. */
const STRICT_BYTES_PER_TOKEN = 1
const EXPECTED_BYTES_PER_TOKEN = 2
const AVERAGE_BYTES_PER_TOKEN = 4

/** An image of high detail is 765 to 1,445 tokens for most models, and at most 3,779 (1,536 patches × 2.46). */
const EXPECTED_IMAGE_TOKENS = 1500
const STRICT_IMAGE_TOKENS = 4000

/** Audio in a prompt is 10 tokens a second; 2,000 bytes a second is speech at 16 kbit/s, and few are smaller. */
export const AUDIO_TOKENS_PER_SECOND = 10
export const LEAST_AUDIO_BYTES_PER_SECOND = 2000

/** What a conversation kept by the provider is taken to add to the input, where its length is not known here. */
const UNSEEN_CONTEXT_TOKENS = 8000

/** How much a request brings along, measured without a tokenizer: those take seconds for a hostile prompt. */
export interface InputSize {
  /** Without the images and audio in it. */
  readonly textBytes: number
  readonly images: number
  readonly audioBytes: number
  /** Whether the provider adds earlier turns that it has kept. */
  readonly continues: boolean
}

/** Measures a request body. */
export function measureInput(text: string, body: JsonObject): InputSize {
  let images = 0
  let audioBytes = 0
  let mediaBytes = 0
  if (/image_url|input_image|input_audio/.test(text)) {
    for (const part of objectsWithin([body['messages'], body['input']])) {
      if (part['type'] === 'image_url' || part['type'] === 'input_image') {
        images++
        mediaBytes += dataUrlLength(part)
      } else if (part['type'] === 'input_audio') {
        const encoded = stringAt(objectAt(part, 'input_audio'), 'data')?.length ?? 0
        mediaBytes += encoded
        audioBytes += Math.ceil((encoded * 3) / 4)
      }
    }
  }
  return {
    textBytes: Buffer.byteLength(text) - mediaBytes,
    images,
    audioBytes,
    continues: ['previous_response_id', 'conversation', 'prompt'].some((name) => body[name] != null),
  }
}

interface InputTokens {
  readonly input_tokens: bigint
  readonly input_audio_tokens: bigint
}

/**
 * The input to reserve for.
 *
 * @param further tokens that tools will add
 */
export function estimatedInput(
  size: InputSize,
  further: number,
  rates: Rates | undefined,
  { strict }: PlanTerms,
): InputTokens {
  const perToken = strict ? STRICT_BYTES_PER_TOKEN : EXPECTED_BYTES_PER_TOKEN
  const imageTokens = strict ? STRICT_IMAGE_TOKENS : EXPECTED_IMAGE_TOKENS
  const window = rates?.contextWindow ?? Number.POSITIVE_INFINITY
  const unseen = size.continues ? (strict ? finite(window, UNSEEN_CONTEXT_TOKENS) : UNSEEN_CONTEXT_TOKENS) : 0
  // What tools add is known on average only: a strict bound takes all that fits.
  const added = strict && further > 0 ? finite(window, further) : further
  const tokens = Math.ceil(size.textBytes / perToken) + size.images * imageTokens + unseen + added
  return { input_tokens: BigInt(Math.min(tokens, window)), input_audio_tokens: BigInt(audioTokens(size)) }
}

/**
 * The input to charge for where the provider did not say, as it is on average.
 *
 * @param further tokens that tools have added
 */
export function probableInput(size: InputSize, further: number, rates: Rates | undefined): InputTokens {
  const tokens = averageTokens(size.textBytes) + size.images * EXPECTED_IMAGE_TOKENS + further
  // A file in the request has many more bytes than the model reads of it.
  const fitting = Math.min(tokens, rates?.contextWindow ?? Number.POSITIVE_INFINITY)
  return { input_tokens: BigInt(fitting), input_audio_tokens: BigInt(audioTokens(size)) }
}

/** Tokens in a text of this many UTF-8 bytes, on average. */
export const averageTokens = (bytes: number): number => Math.ceil(bytes / AVERAGE_BYTES_PER_TOKEN)

/** The output to reserve for: what the call allows, else what is configured; all that fits, for a strict bound. */
export function estimatedOutput(
  limits: readonly unknown[],
  rates: Rates | undefined,
  terms: PlanTerms,
): bigint {
  const limit = limits.find((value) => value !== undefined && value !== null)
  if (typeof limit === 'number' && Number.isSafeInteger(limit) && limit > 0) return BigInt(limit)
  return BigInt(terms.strict ? (rates?.contextWindow ?? terms.maxOutputTokens) : terms.maxOutputTokens)
}

const finite = (value: number, otherwise: number): number => (Number.isFinite(value) ? value : otherwise)

const audioTokens = ({ audioBytes }: InputSize): number =>
  Math.ceil(audioBytes / LEAST_AUDIO_BYTES_PER_SECOND) * AUDIO_TOKENS_PER_SECOND

function dataUrlLength(part: JsonObject): number {
  const url = stringAt(part, 'image_url') ?? stringAt(objectAt(part, 'image_url'), 'url') ?? ''
  return url.startsWith('data:') ? url.length : 0
}

/** Every object in a JSON value, without recursion: a body may be nested as deep as it is long. */
function* objectsWithin(values: unknown[]): Generator<JsonObject> {
  const pending = [...values]
  while (pending.length > 0) {
    const value = pending.pop()
    if (isObject(value)) {
      yield value
      for (const member of Object.values(value)) pending.push(member)
    } else if (Array.isArray(value)) {
      for (const member of value) pending.push(member)
    }
  }
}
