import type { Usage } from '../../../src/rates.ts'
import { isObject, type JsonObject, objectAt, objectsAt, stringAt } from '../../json.ts'

/** Further inferences that a message may need, of which its own sums know nothing. */
const BESIDE = ['compaction', 'advisor_message']
/** Inferences that are within its sums. */
const WITHIN = ['message']

/** What the provider's tools did that costs nothing, or is counted apart. */
const KNOWN_TOOL_USES = new Set(['web_search_requests', 'web_fetch_requests', 'tool_search_requests'])

/** What a message says it used. */
export interface MessageUsage {
  /** Of the model that answers, in disjoint buckets. */
  readonly tokens: Usage
  readonly webSearches: bigint
  /** By model; `undefined` is the one that answers. */
  readonly beside: ReadonlyMap<string | undefined, Usage>
  readonly unpriced: readonly string[]
}

/**
 * Reads what a message states of its usage; undefined where it states none, or not in whole numbers.
 *
 * @param keepsAnHour whether the request asks for cache entries that last an hour, which cost more
 */
export function readMessageUsage(stated: unknown, keepsAnHour: boolean): MessageUsage | undefined {
  const tokens = readTokens(stated, keepsAnHour)
  const tools = objectAt(stated, 'server_tool_use')
  const webSearches = count(tools['web_search_requests'])
  if (!tokens || webSearches === undefined) return undefined
  const beside = new Map<string | undefined, Usage>()
  const unpriced = Object.keys(tools).filter(
    (name) => !KNOWN_TOOL_USES.has(name) && count(tools[name]) !== 0n,
  )
  for (const inference of objectsAt(stated, 'iterations')) {
    const type = String(inference['type'])
    if (WITHIN.includes(type)) continue
    const usage = BESIDE.includes(type) ? readTokens(inference, keepsAnHour) : undefined
    if (!usage) {
      unpriced.push(type)
      continue
    }
    const model = stringAt(inference, 'model')
    beside.set(model, sum(beside.get(model), usage))
  }
  return { tokens, webSearches, beside, unpriced }
}

/** Counts in a stream are sums so far, so a later one replaces; what it leaves out or leaves open stays. */
export function laterUsage(earlier: JsonObject, later: JsonObject): JsonObject {
  return { ...earlier, ...Object.fromEntries(Object.entries(later).filter(([, value]) => value !== null)) }
}

/** The buckets are disjoint as they are: what came from the cache or went into it lies outside `input_tokens`. */
function readTokens(stated: unknown, keepsAnHour: boolean): Usage | undefined {
  if (!isObject(stated)) return undefined
  if (typeof stated['input_tokens'] !== 'number' || typeof stated['output_tokens'] !== 'number')
    return undefined
  const parts = objectAt(stated, 'cache_creation')
  const input = count(stated['input_tokens'])
  const output = count(stated['output_tokens'])
  const cacheRead = count(stated['cache_read_input_tokens'])
  const written = count(stated['cache_creation_input_tokens'])
  const forMinutes = count(parts['ephemeral_5m_input_tokens'])
  const forAnHour = count(parts['ephemeral_1h_input_tokens'])
  if (input === undefined || output === undefined || cacheRead === undefined) return undefined
  if (written === undefined || forMinutes === undefined || forAnHour === undefined) return undefined
  // A stream gives the parts at its start only. What was written later lasts as long as was asked for at most.
  const later = written > forMinutes + forAnHour ? written - forMinutes - forAnHour : 0n
  return {
    input_tokens: input,
    cache_read_tokens: cacheRead,
    cache_write_tokens: forMinutes + (keepsAnHour ? 0n : later),
    cache_write_1h_tokens: forAnHour + (keepsAnHour ? later : 0n),
    output_tokens: output,
  }
}

/** A count that is left out is none; one that is no whole number makes the usage unreadable. */
function count(value: unknown): bigint | undefined {
  if (value === undefined || value === null) return 0n
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? BigInt(value) : undefined
}

function sum(a: Usage | undefined, b: Usage): Usage {
  if (!a) return b
  const total: Record<string, bigint> = {}
  for (const usage of [a, b])
    for (const [unit, quantity] of Object.entries(usage))
      if (typeof quantity === 'bigint') total[unit] = (total[unit] ?? 0n) + quantity
  return total
}
