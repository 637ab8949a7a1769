import { isObject, type JsonObject } from '../../json.ts'
import { NOTHING_USED } from '../answer.ts'
import {
  meterValue,
  type Operation,
  planOperation,
  servicePrice,
  statedUsage,
  usageLine,
  type WrappedProvider,
  type WrapperOptions,
  wrappedCalls,
} from '../../wrapper.ts'
import type { PlanTerms } from '../../provider.ts'

const SERPER: WrappedProvider = { id: 'serper', url: new URL('https://google.serper.dev') }

/** Serper sells a page of more than this many results as two. */
const RESULTS_PER_CREDIT = 10

type Search = (...args: never[]) => Promise<unknown>

/** The plain function under each metered one. */
const plainSearches = new WeakMap<Search, Search>()

/**
 * A function of the same type that asks Serper, and whose calls are paid with credits, by the `credits` that
 * Serper's answers state. It is to answer with what Serper answered, parsed.
 *
 * @throws CreditsError `invalid_setting`
 * @example
 * const search = meteredSerper(
 *   (query: string) => fetch('https://google.serper.dev/search', { method: 'POST', … }).then((r) => r.json()),
 *   { credits },
 * )
 */
export function meteredSerper<F extends Search>(search: F, options: WrapperOptions): F {
  const calls = wrappedCalls(SERPER, options)
  const plain = (plainSearches.get(search) ?? search) as F
  const metered = new Proxy(plain, {
    async apply(target, self, args: unknown[]) {
      const planned = await planOperation(calls, (terms) => searchOperation(args, terms))
      const call = () => Reflect.apply(target, self, args) as Promise<unknown>
      return meterValue(planned, calls, call, statedPart)
    },
  })
  plainSearches.set(metered, plain)
  return metered
}

function searchOperation(args: readonly unknown[], terms: PlanTerms): Operation {
  const model = `${SERPER.id}/search`
  const rates = servicePrice('search', model, terms)
  return {
    model,
    estimate: usageLine({ credits: asksForMany(args) ? 2n : 1n }, rates),
    read: (answer) =>
      statedUsage('credits', answer['credits'], rates) ?? (isRefusal(answer) ? NOTHING_USED : undefined),
  }
}

const asksForMany = (args: readonly unknown[]): boolean =>
  args.some((arg) => isObject(arg) && typeof arg['num'] === 'number' && arg['num'] > RESULTS_PER_CREDIT)

/** `{ "message": "Unauthorized.", "statusCode": 403 }`, where the function does not look at the response's status. */
const isRefusal = ({ statusCode }: JsonObject): boolean => typeof statusCode === 'number' && statusCode >= 400

/** The function is the caller's: what it answers may be anything. */
function statedPart(answer: unknown): JsonObject {
  const { credits, statusCode } = isObject(answer) ? answer : {}
  return { credits: numberOf(credits), statusCode: numberOf(statusCode) }
}

const numberOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined)
