import { isObject, type JsonObject, parseObject } from '../json.ts'
import type { EventReader, PlanTerms, UsageReport } from '../provider.ts'
import type { Rates } from '../../src/rates.ts'

/** Of a call that the provider gave up on. */
export const NOTHING_USED: UsageReport = { lines: [] }

/** The prices to apply to an answer: those of the model that served it, where the card knows it by another price. */
export function ratesOfAnswer(
  answer: JsonObject,
  asked: Rates | undefined,
  terms: PlanTerms,
): { rates: Rates | undefined; model: string | undefined } {
  const served = answer['model']
  const rates = typeof served === 'string' ? terms.ratesOf(served) : undefined
  // An unpriced call that was let through stays unpriced: nothing was reserved for it at a price.
  if (!rates || !asked || rates.model === asked.model) return { rates: asked, model: undefined }
  return { rates, model: String(served) }
}

/** What a kind of stream has to know to be followed. */
export interface StreamFollower {
  /**
   * Takes an event, after the first, that is plain enough not to be parsed, and answers what the caller is to see of
   * its data; undefined for one that is to be parsed.
   */
  skim?(data: string): string | undefined
  /** Looks at an event and answers what the caller is to see of its data; undefined for nothing. */
  follow(event: JsonObject, data: string): string | undefined
  report(): UsageReport | undefined
  estimate(): UsageReport
  /** Whether nothing that costs can follow. */
  complete(): boolean
}

/** Reads events whose data is a JSON object each, and the `[DONE]` that may end them. */
export function readJsonEvents(follower: StreamFollower, rewrites: boolean): EventReader {
  let begun = false
  let done = false
  return {
    rewrites,
    get begun() {
      return begun
    },
    get complete() {
      return done || follower.complete()
    },
    take(data) {
      const skimmed = begun ? follower.skim?.(data) : undefined
      if (skimmed !== undefined) return skimmed
      if (data.trim() === '[DONE]') {
        done = true
        return data
      }
      const event = parseObject(data)
      if (!event) return data
      begun = true
      return follower.follow(event, data)
    },
    report: () => follower.report(),
    estimate: () => follower.estimate(),
  }
}

/** The UTF-8 bytes of all strings at these names: text that the model has written, in whichever field. */
export function writtenBytes(value: unknown, names: readonly string[]): number {
  if (!isObject(value)) return 0
  let bytes = 0
  for (const name of names) {
    const text = value[name]
    if (typeof text === 'string') bytes += Buffer.byteLength(text)
  }
  return bytes
}
