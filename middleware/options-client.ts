import { CreditsError } from '../src/errors.ts'
import { isObject } from './json.ts'
import type { Fetch } from './request.ts'

/** An SDK client that keeps its options, its `fetch` among them, for its parts to take: @deepgram/sdk. */
export interface OptionsClient {
  fetch(input: Request | string | URL, init?: RequestInit): Promise<Response>
}

/** What a client of that kind is told about its connections. */
interface ConnectionOptions {
  readonly fetch?: unknown
  /** In place of `fetch`. */
  readonly fetcher?: unknown
  /** In place of a web socket. */
  readonly transportFactory?: unknown
}

/** The `fetch` that a client was given. */
export function fetchOfOptions(client: OptionsClient): Fetch {
  const { fetch } = optionsOf(client)
  return typeof fetch === 'function' ? (fetch as Fetch) : globalThis.fetch
}

/**
 * A copy of a client that makes its requests by another `fetch`. There is no method for that; a new client would
 * need what only the first was told, such as its key.
 *
 * @param sockets whether it may open web sockets, which no `fetch` sees
 * @throws CreditsError `invalid_setting` for a client that makes its requests otherwise
 */
export function withFetch<C extends OptionsClient>(client: C, fetch: Fetch, sockets: boolean): C {
  const options = optionsOf(client)
  const copy = Object.create(Object.getPrototypeOf(client) as object) as C
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(client))) {
    // The parts of a client are made when they are first asked for, with the options of then.
    if (!hasOptions(descriptor.value)) Object.defineProperty(copy, name, descriptor)
  }
  const own = sockets ? { fetch } : { fetch, transportFactory: refuseSocket, reconnect: false }
  return Object.assign(copy, { _options: { ...options, ...own } })
}

function optionsOf(client: OptionsClient): ConnectionOptions {
  const options: unknown = Reflect.get(client, '_options')
  if (!isObject(options)) throw unsuited('it has no options that a fetch could be put into')
  if (options['fetcher'] !== undefined) throw unsuited('its option fetcher stands in the place of a fetch')
  return options
}

const hasOptions = (value: unknown): boolean => isObject(value) && isObject(value['_options'])

/** Later, as a connection fails: an error at once would come before anybody listens. */
const refuseSocket = (): Promise<never> =>
  Promise.reject(
    new CreditsError(
      'unmetered_route',
      'A connection that stays open costs money and is not metered yet. Make it with a client that is not ' +
        "metered if it is to be paid for otherwise, or set unmetered: 'record'.",
    ),
  )

const unsuited = (why: string) =>
  new CreditsError(
    'invalid_setting',
    `This client cannot be metered: ${why}. Give it a metered fetch as you make it: ` +
      'new DeepgramClient({ fetch: meteredFetch(fetch, { credits }) }).',
  )
