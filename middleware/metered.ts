import { meteredFetch } from './metered-fetch.ts'
import { fetchOfOptions, type OptionsClient, withFetch } from './options-client.ts'
import type { MeteredOptions } from './options.ts'
import type { Fetch } from './request.ts'

/** A provider's SDK client that makes its calls through a `fetch` of ours: openai, and those built like it. */
export interface FetchClient {
  readonly baseURL: string
  withOptions(options: { fetch: Fetch }): this
}

/**
 * A client of the same type, whose calls are paid with credits. The client passed in stays as it is. Children made
 * with `withOptions` are metered too; metering a metered client again replaces the options.
 *
 * @throws CreditsError `invalid_setting`
 * @example
 * const openai = metered(new OpenAI(), { credits })
 * await credits.run({ account: 'acme' }, () => openai.responses.create({ model: 'gpt-5-mini', input: 'Hello' }))
 */
export function metered<C extends FetchClient | OptionsClient>(client: C, options: MeteredOptions): C {
  const copy: FetchClient | OptionsClient =
    'withOptions' in client
      ? client.withOptions({
          fetch: meteredFetch(fetchOf(client), { ...options, baseURL: options.baseURL ?? client.baseURL }),
        })
      : withFetch(client, meteredFetch(fetchOfOptions(client), options), options.unmetered === 'record')
  return copy as C
}

/** The SDKs keep their fetch where their types do not show it. */
function fetchOf(client: object): Fetch {
  const own: unknown = 'fetch' in client ? client.fetch : undefined
  return typeof own === 'function' ? (own as Fetch) : globalThis.fetch
}
