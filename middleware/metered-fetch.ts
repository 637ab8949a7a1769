import { CreditsError } from '../src/errors.ts'
import { type PlannedCall, makeCall } from './call.ts'
import { type MeteredOptions, readOptions, type Settings } from './options.ts'
import { apiPath } from './path.ts'
import type { Provider, Route } from './provider.ts'
import { providerAt } from './providers/index.ts'
import { refusalResponse } from './refusal.ts'
import { type Fetch, MeteredRequest } from './request.ts'
import { planTerms } from './terms.ts'

/** The plain `fetch` under each metered one. */
const plainFetches = new WeakMap<Fetch, Fetch>()

/**
 * A `fetch` that meters each call to a provider's API: it reserves credit, sends the call, and charges what the
 * answer says it used. It refuses a call that there is no credit for with a response of status 402 that the
 * provider's SDK raises as its usual error.
 *
 * Metering a metered `fetch` again replaces the options: a call is never charged twice.
 *
 * @throws CreditsError `invalid_setting`
 * @example const openai = createOpenAI({ fetch: meteredFetch(fetch, { credits }) })
 */
export function meteredFetch(fetch: Fetch, options: MeteredOptions): Fetch {
  const settings = readOptions(options)
  const plain = plainFetches.get(fetch) ?? fetch
  // A proxy, not a function around it: SDKs look at properties of the fetch they are given.
  const metered = new Proxy(plain, {
    apply: (target, self, [input, init]: Parameters<Fetch>) =>
      meterRequest(input, init, settings, (...sent) => Reflect.apply(target, self, sent)),
  })
  plainFetches.set(metered, plain)
  return metered
}

async function meterRequest(
  input: string | URL | Request,
  init: RequestInit | undefined,
  settings: Settings,
  send: Fetch,
): Promise<Response> {
  const request = new MeteredRequest(input, init)
  const path = apiPath(request.url, settings.baseURL)
  const provider = settings.provider ?? providerAt(request.method, request.url, settings.baseURL)
  const route = provider.classify(request.method, path)
  if (route === 'free') return send(input, init)
  try {
    if (route === 'unmetered') throw unmeteredRoute(request, path, provider)
    const call = await planCall(request, provider, route, settings)
    return await makeCall(call, settings, () => send(...request.outgoing))
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
): Promise<PlannedCall> {
  const notes: string[] = []
  const plan = await route.plan(request, planTerms(request, provider, settings, notes))
  if (plan.body !== undefined) request.replaceBody(plan.body)
  for (const note of notes) settings.onUnpriced(`${route.name} with ${plan.model}: ${note}`)
  return { plan, notes, signal: request.signal }
}

const unmeteredRoute = ({ method }: MeteredRequest, path: string, provider: Provider) =>
  new CreditsError(
    'unmetered_route',
    `${method} ${path} of ${provider.id} may cost money and is not metered yet. ` +
      'Make this call with a client that is not metered if it is to be paid for otherwise.',
    { method, path, provider: provider.id },
  )
