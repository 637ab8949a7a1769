import { createHash } from 'node:crypto'
import type { Rates } from '../../../src/rates.ts'
import { type JsonObject, objectAt, objectsAt, stringAt } from '../../json.ts'
import type { EventReader, PlanTerms, UsageLine, UsageReport } from '../../provider.ts'
import { NOTHING_USED, ratesOfAnswer, readJsonEvents, writtenBytes } from '../answer.ts'
import { unpricedTier } from '../request-body.ts'
import { toolUse } from './tools.ts'
import { responseUsage, unknownUses } from './usage.ts'

/** Events after which a response uses nothing more. */
const LAST_EVENTS: readonly unknown[] = [
  'response.completed',
  'response.incomplete',
  'response.failed',
  'response.cancelled',
  'error',
]

/** States in which a response that states no usage has used nothing. */
const FAILED: readonly unknown[] = ['failed', 'cancelled']

/** What a response is priced by. */
export interface ResponsePrices {
  /** Of the model that was asked for. */
  readonly rates: Rates | undefined
  readonly searchRates: Rates | undefined
}

/** Of a background response: it can be read again and again, and is charged once. */
export const backgroundKey = (id: string): string =>
  SHORT_ID.test(id) ? `openai:${id}` : `openai:sha256-${createHash('sha256').update(id).digest('hex')}`

/** Ids as OpenAI gives them. Those of gateways have their own route in them, and may be longer than a key. */
const SHORT_ID = /^[\w-]{1,128}$/

/** What a response says it used; undefined where it does not say, or is still being written. */
export function readResponse(
  response: JsonObject,
  { rates, searchRates }: ResponsePrices,
  terms: PlanTerms,
): UsageReport | undefined {
  const id = stringAt(response, 'id')
  const key = response['background'] === true && id !== undefined ? backgroundKey(id) : undefined
  const usage = responseUsage(response['usage'])
  if (!usage) return FAILED.includes(response['status']) ? { ...NOTHING_USED, key } : undefined
  const { webSearches, fileSearches, unpriced } = toolUse(objectsAt(response, 'output'))
  const served = ratesOfAnswer(response, rates, terms)
  const used = fileSearches > 0 ? { ...usage, storage_searches: BigInt(fileSearches) } : usage
  return {
    lines: [
      { category: 'LLM', usage: used, rates: served.rates, model: served.model },
      ...searchLines(webSearches, rates && searchRates),
    ],
    unpriced: [
      ...unpricedTier(response['service_tier']),
      ...unpriced.map((type) => `no price for ${type}`),
      ...unknownUses(response['usage']),
    ],
    providerId: id,
    key,
  }
}

export const searchLines = (webSearches: number, rates: Rates | undefined): UsageLine[] =>
  webSearches > 0 ? [{ category: 'WebSearch', usage: { web_searches: BigInt(webSearches) }, rates }] : []

/** What was delivered of a streamed response when it broke off. */
export interface Delivered {
  readonly bytes: number
  readonly webSearches: number
  readonly id: string | undefined
  readonly background: boolean
}

/**
 * @param read what a response says it used
 * @param estimate what it must have used, where it does not say
 */
export function readResponseEvents(
  read: (response: JsonObject) => UsageReport | undefined,
  estimate: (delivered: Delivered) => UsageReport,
): EventReader {
  let bytes = 0
  let id: string | undefined
  let background = false
  let complete = false
  let report: UsageReport | undefined
  const items: JsonObject[] = []
  return readJsonEvents(
    {
      follow(event, data) {
        const type = event['type']
        const response = objectAt(event, 'response')
        id ??= stringAt(response, 'id')
        background ||= response['background'] === true
        if (String(type).endsWith('.delta') && !String(type).includes('audio'))
          bytes += writtenBytes(event, ['delta'])
        if (type === 'response.output_item.done') items.push(objectAt(event, 'item'))
        if (LAST_EVENTS.includes(type)) {
          complete = true
          report = readLast(event, response)
        }
        return data
      },
      report: () => report,
      estimate: () => estimate({ bytes, webSearches: toolUse(items).webSearches, id, background }),
      complete: () => complete,
    },
    false,
  )

  function readLast(event: JsonObject, response: JsonObject): UsageReport | undefined {
    // An error ends the stream; a response in the background goes on all the same.
    if (event['type'] === 'error') return bytes === 0 && !background ? NOTHING_USED : undefined
    const stated = read(response)
    // What was delivered before a failure has been paid for.
    return stated?.lines.length === 0 && bytes > 0 && !background ? undefined : stated
  }
}
