import { CreditsError } from '../../../src/errors.ts'
import { isObject, type JsonObject } from '../../json.ts'
import { makeCall } from '../../call.ts'
import { meterJob, seeJob } from '../../wrapped-jobs.ts'
import {
  meterValue,
  passUnmetered,
  planOperation,
  type WrappedCalls,
  type WrappedProvider,
  type WrapperOptions,
  wrappedCalls,
} from '../../wrapper.ts'
import { askedJob, classify, idOf, isOver, operationOf, statedPart } from './routes.ts'

const EXA: WrappedProvider = { id: 'exa', url: new URL('https://api.exa.ai') }

/** What is used of `exa-js`: all that the client and its parts do goes through these two. */
interface ExaTransport {
  request(endpoint: string, method: string, ...rest: never[]): Promise<unknown>
  rawRequest(endpoint: string, method?: string, ...rest: never[]): Promise<Response>
}

type Request = (endpoint: string, method: string, ...rest: unknown[]) => Promise<unknown>
type RawRequest = (endpoint: string, method?: string, ...rest: unknown[]) => Promise<Response>

/** The plain client under each metered one. */
const plainClients = new WeakMap<object, ExaTransport>()

/**
 * An Exa client of the same type, whose calls are paid with credits, by the dollars that the answers state: searches,
 * contents, answers, research and agent runs, plain and streamed, also those made by its tools for other SDKs.
 *
 * A research or agent run keeps its credit reserved until it is over. Websets and monitors go on by themselves and
 * state no cost: making them is refused, or recorded, as `unmetered` says.
 *
 * @throws CreditsError `invalid_setting`
 * @example const exa = meteredExa(new Exa(apiKey), { credits })
 */
export function meteredExa<C extends ExaTransport>(client: C, options: WrapperOptions): C {
  const plain = (plainClients.get(client) ?? client) as C
  const calls = wrappedCalls(EXA, options)
  const metered = copyOf(plain)
  const transport = {
    request: meterRequest(plain.request.bind(plain) as Request, calls),
    rawRequest: meterRawRequest(plain.rawRequest.bind(plain) as RawRequest, calls),
  }
  for (const [name, value] of Object.entries(transport)) {
    Object.defineProperty(metered, name, { value, writable: true, configurable: true })
  }
  plainClients.set(metered, plain)
  return metered
}

function meterRequest(send: Request, calls: WrappedCalls): Request {
  return async (endpoint, method, ...rest) => {
    const route = classify(method, endpoint)
    const call = () => send(endpoint, method, ...rest)
    if (route === 'unmetered') return passUnmetered(nameOf(method, endpoint), calls, call)
    if (route === 'free') {
      const answer = await call()
      const asked = askedJob(method, endpoint)
      if (asked !== undefined) seeJob(jobId(asked), statedPart(answer))
      return answer
    }
    const [body, , headers] = rest
    const planned = await planOperation(calls, () => operationOf(route, optionsOf(body)))
    if (!route.begins) return meterValue(planned, calls, call, statedPart)
    return meterJob(planned, calls, call, (answer) => {
      const id = idOf(answer)
      return {
        id: id && jobId(id),
        isOver,
        look: async () => statedPart(await send(`${endpoint}/${id}`, 'GET', undefined, undefined, headers)),
      }
    })
  }
}

/** Streams: they state their cost in one of their events, or it is estimated. */
function meterRawRequest(send: RawRequest, calls: WrappedCalls): RawRequest {
  return async (endpoint, method = 'POST', ...rest) => {
    const route = classify(method, endpoint)
    const call = () => send(endpoint, method, ...rest)
    if (route === 'unmetered') return passUnmetered(nameOf(method, endpoint), calls, call)
    if (route === 'free') return call()
    const planned = await planOperation(calls, () => operationOf(route, optionsOf(rest[0])))
    return makeCall({ ...planned, signal: undefined }, calls.settings, call)
  }
}

const jobId = (id: string): string => `${EXA.id}:${id}`

/** Without the ids in the path: a report is not to have a line for each. */
const nameOf = (method: string, endpoint: string): string =>
  `${method} ${endpoint.replace(/\?.*/s, '').replace(PATH_ID, '/*')}`

/** What is neither a word nor a version. */
const PATH_ID = /\/(?!(?:[a-z]+|v\d+)(?:\/|$))[^/]+/gi

const optionsOf = (value: unknown): JsonObject => (isObject(value) ? value : {})

/** Another client for the same account: its parts (research, agents, tools) make their calls by it. */
function copyOf<C extends ExaTransport>(client: C): C {
  const headers: unknown = Reflect.get(client, 'headers')
  const key = headers instanceof Headers ? headers.get('x-api-key') : undefined
  const args = [key, Reflect.get(client, 'baseURL')]
  // Exa's own constructor: that of a class of the caller's may take anything.
  const made = Reflect.construct(constructorOf(client), args, client.constructor) as C
  for (const name of Object.keys(client)) {
    if (name === 'headers' || !Object.hasOwn(made, name)) Reflect.set(made, name, Reflect.get(client, name))
  }
  return made
}

/** The constructor of the class that makes the requests. */
function constructorOf(client: object): new (...args: unknown[]) => object {
  let prototype: unknown = Object.getPrototypeOf(client)
  while (isObject(prototype)) {
    if (Object.hasOwn(prototype, 'rawRequest'))
      return prototype.constructor as new (...args: unknown[]) => object
    prototype = Object.getPrototypeOf(prototype)
  }
  throw new CreditsError('invalid_setting', 'meteredExa takes a client of exa-js: new Exa(apiKey).')
}
