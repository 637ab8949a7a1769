import { CreditsError } from '../src/errors.ts'
import { type PlannedCall, makeCall } from './call.ts'
import type { FetchLater } from './deferred.ts'
import { type MeteredOptions, readOptions, type Settings } from './options.ts'
import { apiPath } from './path.ts'
import type { Provider, Route } from './provider.ts'
import { providerAt } from './providers/index.ts'
import { passReading } from './reading.ts'
import { refusalResponse } from './refusal.ts'
import { type Fetch, MeteredRequest } from './request.ts'
import { unlessAborted } from './signal.ts'
import { planTerms } from './terms.ts'
import { isUnderWay, sendingOnce } from './under-way.ts'
import { passUnmetered, passUnpriced } from './unmetered.ts'

/** The plain `fetch` under each metered one. */
const plainFetches = new WeakMap<Fetch, Fetch>()

/**
 * A `fetch` that meters each call to a provider's API: it reserves credit, sends the call, and charges what the
 * answer says it used. It refuses a call that there is no credit for with a response of status 402 that the
 * provider's SDK raises as its usual error.
 *
 * Metering a metered `fetch` again replaces the options: a call is never charged twice. The global `fetch` is looked
 * up at each call, as SDKs without an option do: what is put into its place later (tracing, a test's server) is used.
 *
 * @throws CreditsError `invalid_setting`
 * @example const openai = createOpenAI({ fetch: meteredFetch(fetch, { credits }) })
 */
export function meteredFetch(fetch: Fetch, options: MeteredOptions): Fetch {
  const settings = readOptions(options)
  const plain = plainFetches.get(fetch) ?? fetch
  const isGlobal = plain === globalThis.fetch
  // A proxy, not a function around it: SDKs look at properties of the fetch they are given.
  const metered = new Proxy(plain, {
    apply: (target, self, [input, init]: Parameters<Fetch>) => {
      const base = isGlobal ? (plainFetches.get(globalThis.fetch) ?? globalThis.fetch) : target
      return meterRequest(input, init, settings, (...sent) => Reflect.apply(base, self, sent))
    },
  })
  plainFetches.set(metered, plain)
  return metered
}

async function meterRequest(
  input: string | URL | Request,
  init: RequestInit | undefined,
  settings: Settings,
  plain: Fetch,
): Promise<Response> {
  const request = new MeteredRequest(input, init)
  if (isUnderWay(request, init)) return plain(input, init)
  const send = sendingOnce(request, plain)
  const path = apiPath(request.url, settings.baseURL)
  const provider = settings.provider ?? providerAt(request.method, request.url, settings.baseURL)
  const route = provider.classify(request.method, path)
  if (route === 'free') {
    const reading = provider.reading?.(request.method, path)
    if (!reading) return send(input, init)
    // Nothing is refused here: while the ledger is down, what it last said holds.
    await unlessAborted(
      settings.prices.ready().catch(() => undefined),
      request.signal,
    )
    const terms = planTerms(request, provider, settings, [])
    return passReading(reading.read(terms), settings, () => send(input, init))
  }
  try {
    const asked = { method: request.method, path, provider: provider.id }
    if (route === 'unmetered') return await passUnmetered(asked, settings, () => send(input, init))
    let call: PlannedCall
    try {
      call = await planCall(request, provider, route, settings, send)
    } catch (error) {
      if (!CreditsError.isInstance(error)) throw error
      return await passUnpriced(asked, error, settings, () => send(...request.outgoing))
    }
    return await makeCall(call, settings, (signal) => {
      const [target, sent] = request.outgoing
      // Without a signal of our own, the caller's very same arguments: SDKs tell them apart by identity.
      return send(target, signal ? { ...sent, signal } : sent)
    })
  } catch (error) {
    if (CreditsError.isInstance(error)) return refusalResponse(error)
    throw error
  }
}

async function planCall(
  request: MeteredRequest,
  provider: Provider,
  route: Route,
  settings: Settings,
  send: Fetch,
): Promise<PlannedCall> {
  const notes: string[] = []
  await unlessAborted(settings.prices.ready(), request.signal)
  const plan = await route.plan(request, planTerms(request, provider, settings, notes))
  if (plan.body !== undefined) request.replaceBody(plan.body)
  for (const note of notes) settings.onUnpriced(`${route.name} with ${plan.model}: ${note}`)
  return { plan, notes, signal: request.signal, later: plan.laterURL && fetchLater(request.headers, send) }
}

/** With the headers that say whose call it is, and none of those that say what is in it. */
function fetchLater(sent: Headers, send: Fetch): FetchLater {
  const headers = new Headers(sent)
  for (const name of ['content-type', 'content-length', 'idempotency-key']) headers.delete(name)
  return (url, signal) => send(url, { headers, signal })
}
