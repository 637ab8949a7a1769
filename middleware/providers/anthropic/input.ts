import type { Rates, Usage } from '../../../src/rates.ts'
import { isObject, type JsonObject, objectAt, objectsAt, stringAt } from '../../json.ts'
import type { PlanTerms } from '../../provider.ts'
import { estimatedInput, type InputSize, probableInput } from '../estimate.ts'

/** An image is scaled down to what 1,600 tokens cover; newer models see up to 4,784 tokens of it. */
const EXPECTED_IMAGE_TOKENS = 1600
const STRICT_IMAGE_TOKENS = 4784

/** A page of a PDF is read as text, 1,500 to 3,000 tokens, and as an image. */
const PAGE_TOKENS = 3000 + EXPECTED_IMAGE_TOKENS
/** About: a page of text takes less, a scanned one more. */
const PAGE_BYTES = 50_000
/** Of a document that the provider fetches by itself. */
const UNSEEN_PAGES = 10
/** More than this the API refuses. */
const PAGES_MAX = 600

/** What the provider says to a model before its tools are described, 264 to 804 tokens, and of each of its own ones. */
const TOOLS_PROMPT_TOKENS = 804
const OWN_TOOL_TOKENS = 1500

/** What a request brings along, measured without a tokenizer. */
export interface MessageInput {
  readonly size: InputSize
  readonly images: number
  /** Pages of documents, about. */
  readonly pages: number
  /** What the provider adds for the tools. */
  readonly toolTokens: number
  /** What the input is billed as at most: a cache entry costs more to write than its tokens. */
  readonly unit: 'input_tokens' | 'cache_write_tokens' | 'cache_write_1h_tokens'
}

/** Whether cache entries are asked for that last an hour. */
export const keepsAnHour = (text: string): boolean =>
  text.includes('"cache_control"') && text.includes('"1h"')

/** Measures a request body. */
export function measureMessage(text: string, body: JsonObject): MessageInput {
  const media = { images: 0, pages: 0, bytes: 0 }
  if (/"(?:image|document)"/.test(text)) {
    for (const block of blocksOf(body)) {
      const source = objectAt(block, 'source')
      const encoded = source['type'] === 'base64' ? (stringAt(source, 'data')?.length ?? 0) : 0
      if (block['type'] === 'image') media.images++
      else if (encoded > 0) media.pages += Math.ceil((encoded * 3) / 4 / PAGE_BYTES)
      else if (source['type'] === 'url' || source['type'] === 'file') media.pages += UNSEEN_PAGES
      media.bytes += encoded
    }
  }
  const tools = objectsAt(body, 'tools')
  const own = tools.filter(({ type }) => type !== undefined && type !== null && type !== 'custom')
  return {
    size: {
      textBytes: Buffer.byteLength(text) - media.bytes,
      images: 0,
      audioBytes: 0,
      // A conversation that the provider keeps, and servers that are asked for their tools.
      continues: isObject(body['thread']) || objectsAt(body, 'mcp_servers').length > 0,
    },
    images: media.images,
    pages: Math.min(media.pages, PAGES_MAX),
    toolTokens: (tools.length > 0 ? TOOLS_PROMPT_TOKENS : 0) + own.length * OWN_TOOL_TOKENS,
    unit: keepsAnHour(text)
      ? 'cache_write_1h_tokens'
      : text.includes('"cache_control"')
        ? 'cache_write_tokens'
        : 'input_tokens',
  }
}

/**
 * The input to reserve for.
 *
 * @param further tokens that the provider's tools will add
 */
export function messageInputTokens(
  input: MessageInput,
  further: number,
  rates: Rates | undefined,
  terms: PlanTerms,
): bigint {
  const imageTokens = terms.strict ? STRICT_IMAGE_TOKENS : EXPECTED_IMAGE_TOKENS
  const counted = BigInt(input.images * imageTokens + input.toolTokens)
  // What documents and tools add is known on average only: a strict bound takes all that fits.
  const { input_tokens } = estimatedInput(input.size, input.pages * PAGE_TOKENS + further, rates, terms)
  const window = rates?.contextWindow
  return window === undefined ? input_tokens + counted : least(input_tokens + counted, BigInt(window))
}

/** The input to charge for where the provider did not say, as it is on average. */
export function probableMessageInput(input: MessageInput, further: number, rates: Rates | undefined): Usage {
  const added = input.images * EXPECTED_IMAGE_TOKENS + input.pages * PAGE_TOKENS + input.toolTokens + further
  return { input_tokens: probableInput(input.size, added, rates).input_tokens }
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)

/** Every image and document in the messages, also those in what a tool gave back or within a document. */
function* blocksOf(body: JsonObject): Generator<JsonObject> {
  const pending: unknown[] = [body['messages'], body['system']]
  while (pending.length > 0) {
    const value = pending.pop()
    if (Array.isArray(value)) {
      for (const member of value) pending.push(member)
    } else if (isObject(value)) {
      if (value['type'] === 'image' || value['type'] === 'document') yield value
      pending.push(value['content'], objectAt(value, 'source')['content'])
    }
  }
}
