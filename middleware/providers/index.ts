import { apiPath } from '../path.ts'
import type { Provider } from '../provider.ts'
import { openai } from './openai/index.ts'

/** Those whose API is recognised. The first is the one that others imitate: it has what none of them claims. */
const PROVIDERS: readonly [Provider, ...Provider[]] = [openai]

/**
 * Whose API an address belongs to: by its host, else (a proxy, a gateway, a stand-in) by whoever has such a route.
 *
 * @example providerAt('POST', new URL('http://localhost:4000/v1/chat/completions'), undefined).id // 'openai'
 */
export function providerAt(method: string, url: URL, base: URL | undefined): Provider {
  const path = apiPath(url, base)
  return (
    PROVIDERS.find(({ hosts }) => hosts.test(url.hostname)) ??
    PROVIDERS.find((provider) => typeof provider.classify(method, path) === 'object') ??
    PROVIDERS[0]
  )
}
