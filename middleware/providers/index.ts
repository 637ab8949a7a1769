import { apiPath } from '../path.ts'
import type { Provider } from '../provider.ts'
import { anthropic } from './anthropic/index.ts'
import { deepgram } from './deepgram/index.ts'
import { groq } from './groq/index.ts'
import { openai } from './openai/index.ts'

/** Those whose API is recognised. The first is the one that others imitate: it has what none of them claims. */
const PROVIDERS: readonly [Provider, ...Provider[]] = [openai, anthropic, groq, deepgram]

/**
 * Whose API an address belongs to: by its host, else (a proxy, a gateway, a stand-in) by whoever has such a route, or
 * one just above it (`/messages/count_tokens`). That somebody has it for free proves nothing of another's server.
 *
 * @example providerAt('POST', new URL('http://localhost:4000/v1/chat/completions'), undefined).id // 'openai'
 */
export function providerAt(method: string, url: URL, base: URL | undefined): Provider {
  const path = apiPath(url, base)
  const withRoute = (route: string) =>
    PROVIDERS.find((provider) => typeof provider.classify(method, route) === 'object')
  return (
    PROVIDERS.find(({ hosts }) => hosts.test(url.hostname)) ??
    withRoute(path) ??
    withRoute(path.slice(0, path.lastIndexOf('/'))) ??
    PROVIDERS[0]
  )
}
