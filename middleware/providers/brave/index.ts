import type { MeteredMethod, MethodRules } from '../../wrapped-client.ts'
import { wrapClient } from '../../wrapped-client.ts'
import {
  servicePrice,
  usageLine,
  type WrappedProvider,
  type WrapperOptions,
  wrappedCalls,
} from '../../wrapper.ts'

const BRAVE: WrappedProvider = { id: 'brave', url: new URL('https://api.search.brave.com') }

/** What is used of `brave-search`. */
interface BraveMethods {
  webSearch(query: string, options?: never): Promise<unknown>
}

/** Every request of the search plan has one price, whatever it searches for. */
const search: MeteredMethod = {
  operation(_, terms) {
    const model = `${BRAVE.id}/search`
    const line = usageLine({ requests: 1n }, servicePrice('search', model, terms))
    return { model, estimate: line, read: () => ({ lines: [line] }) }
  },
}

const RULES: MethodRules = {
  webSearch: search,
  imageSearch: search,
  newsSearch: search,
  localPoiSearch: search,
  localDescriptionsSearch: search,
  // What a summary costs is in the contract of another plan; the search before it is one like any other.
  getSummarizedAnswer: { meteredWithin: ['webSearch'] },
}

/**
 * A Brave Search client of the same type, whose calls are paid with credits, at the price of a request.
 *
 * Summaries (`getSummarizedAnswer`) have no price here: they are refused, or recorded, as `unmetered` says.
 *
 * @throws CreditsError `invalid_setting`
 * @example const search = meteredBrave(new BraveSearch(apiKey), { credits })
 */
export function meteredBrave<C extends BraveMethods>(client: C, options: WrapperOptions): C {
  return wrapClient(client, wrappedCalls(BRAVE, options), () => RULES)
}
