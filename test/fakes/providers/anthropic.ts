import type { HttpBindings } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import { serveOnLoopback } from '../../../demo/loopback.ts'
import { failAtOnce, type Fault, faultyBody, isFault } from '../../../demo/stand-in/faults.ts'
import { readStandInRequest, type StandInRequest } from '../../../demo/stand-in/request.ts'
import { SCRIPT } from '../../../demo/stand-in/script.ts'
import {
  answerMessage,
  inputTokens,
  messageEvents,
  messageRequest,
  overloadedEvent,
} from './anthropic-message.ts'

/** Ways to go wrong that only this server has: a stream that begins and reports an overload, before or after words. */
export type AnthropicFault = Fault | 'overloaded' | 'overloaded_midway'

export interface AnthropicStandIn {
  /** For the SDK's `baseURL`. */
  readonly url: string
  /** All so far, in order. */
  readonly requests: readonly StandInRequest[]
  /** Makes the next requests go wrong, each in one of these ways. A header `x-stand-in-fault` does it for its own. */
  fail(...faults: AnthropicFault[]): void
  /** Lays this over the usage that the next message states. */
  state(usage: object): void
  close(): Promise<void>
}

type StandInContext = Context<{
  Bindings: HttpBindings
  Variables: { fault: AnthropicFault | undefined; serial: string }
}>

/**
 * Serves Anthropic's wire format on the loopback: messages with function calls, web search and a prompt cache, plain
 * and streamed; counting, models, files and batches. It says the same each time.
 *
 * @param paceMs time between two pieces of a streamed answer
 */
export async function startAnthropicStandIn(paceMs = 0): Promise<AnthropicStandIn> {
  const requests: StandInRequest[] = []
  const faults: AnthropicFault[] = []
  const stated: object[] = []
  const app = new Hono<{
    Bindings: HttpBindings
    Variables: { fault: AnthropicFault | undefined; serial: string }
  }>()
  app.use(async (c, next) => {
    requests.push(await readStandInRequest(c))
    c.set('serial', String(requests.length).padStart(6, '0'))
    const asked = c.req.header('x-stand-in-fault')
    const fault = isAnthropicFault(asked) ? asked : c.req.method === 'POST' ? faults.shift() : undefined
    c.set('fault', fault)
    const failure = await failAtOnce(wireFault(fault), c.env)
    return failure ? errorOf(failure) : next()
  })
  const send = (c: StandInContext, pieces: readonly string[], type: string) =>
    new Response(faultyBody(pieces, wireFault(c.get('fault')), paceMs, c.env), {
      headers: { 'content-type': type, 'request-id': `req_${c.get('serial')}` },
    })

  app.post('/v1/messages', async (c) => {
    const request = messageRequest.safeParse(await c.req.json())
    if (!request.success) return invalid(request.error.message)
    const message = answerMessage(request.data, `msg_${c.get('serial')}`, SCRIPT, stated.shift() ?? {})
    const withUsage = c.get('fault') !== 'no_usage'
    if (request.data.stream === true) {
      const events = messageEvents(message, withUsage)
      return send(c, overloaded(events, c.get('fault')), 'text/event-stream; charset=utf-8')
    }
    return send(c, halves(JSON.stringify(withUsage ? message : { ...message, usage: undefined })), JSON_TYPE)
  })
  app.post('/v1/messages/count_tokens', async (c) => {
    const request = messageRequest.safeParse({ ...(await c.req.json<object>()), max_tokens: 1 })
    return request.success
      ? c.json({ input_tokens: inputTokens(request.data) })
      : invalid(request.error.message)
  })
  app.get('/v1/models', (c) =>
    c.json({
      data: [{ id: 'claude-haiku-4-5-20251001', type: 'model', display_name: 'Claude Haiku 4.5' }],
      has_more: false,
      first_id: null,
      last_id: null,
    }),
  )

  const { url, close } = await serveOnLoopback(app)
  return {
    url,
    requests,
    fail: (...next) => void faults.push(...next),
    state: (usage) => void stated.push(usage),
    close,
  }
}

const JSON_TYPE = 'application/json'

const isAnthropicFault = (name: string | undefined): name is AnthropicFault =>
  isFault(name) || name === 'overloaded' || name === 'overloaded_midway'

const wireFault = (fault: AnthropicFault | undefined): Fault | undefined =>
  isFault(fault) ? fault : undefined

function overloaded(events: string[], fault: AnthropicFault | undefined): string[] {
  if (fault === 'overloaded') return [...events.slice(0, 1), overloadedEvent()]
  return fault === 'overloaded_midway' ? [...events.slice(0, events.length / 2), overloadedEvent()] : events
}

/** The same failure as this provider words it. */
async function errorOf(failure: Response): Promise<Response> {
  const { error } = (await failure.json()) as { error: { type: string; message: string } }
  return Response.json(
    { type: 'error', error: { type: error.type, message: error.message } },
    { status: failure.status, headers: failure.headers },
  )
}

const invalid = (message: string): Response =>
  Response.json({ type: 'error', error: { type: 'invalid_request_error', message } }, { status: 400 })

/** In two, so that a connection can end in the middle. */
const halves = (text: string): string[] => {
  const middle = Math.floor(text.length / 2)
  return [text.slice(0, middle), text.slice(middle)]
}
