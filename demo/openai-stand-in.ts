import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type HttpBindings, serve } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import { answerChat, chatChunks, chatCompletion, chatRequest } from './stand-in/chat.ts'
import { failAtOnce, type Fault, faultyBody, isFault } from './stand-in/faults.ts'
import { answerResponse, responseEvents, responseRequest } from './stand-in/responses.ts'
import { SCRIPT, type Script } from './stand-in/script.ts'
import { readTranscriptionForm, transcription, transcriptionEvents } from './stand-in/transcriptions.ts'

export type { Fault } from './stand-in/faults.ts'

export interface StandInOptions {
  /** What it says. Default: a story about PostgreSQL 18. */
  script?: Partial<Script> | undefined
  /** Time between two pieces of a streamed answer, in milliseconds. Default: 0. */
  paceMs?: number | undefined
  /** How many tokens of each prompt are said to have come from the cache. Default: 0. */
  cachedTokens?: number | undefined
}

/** A request as it came in. */
export interface StandInRequest {
  readonly method: string
  /** Below `/v1`. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** Of a JSON body; undefined for another one. */
  readonly body: unknown
  /** Whether the client left before the answer was complete. */
  disconnected: boolean
}

export interface OpenAiStandIn {
  /** For the SDK's `baseURL`. */
  readonly url: string
  /** All so far, in order. */
  readonly requests: readonly StandInRequest[]
  /** Makes the next requests go wrong, each in one of these ways. A header `x-stand-in-fault` does it for its own. */
  fail(...faults: Fault[]): void
  close(): Promise<void>
}

/**
 * Serves OpenAI's wire format on the loopback: chat completions, responses with web search, transcriptions, plain
 * and streamed, and the list of models. It says the same each time.
 *
 * @example
 * const standIn = await startOpenAiStandIn()
 * const openai = new OpenAI({ baseURL: standIn.url, apiKey: 'any' })
 */
export async function startOpenAiStandIn(options: StandInOptions = {}): Promise<OpenAiStandIn> {
  const requests: StandInRequest[] = []
  const faults: Fault[] = []
  const app = standInApp({
    script: { ...SCRIPT, ...options.script },
    paceMs: options.paceMs ?? 0,
    cachedTokens: options.cachedTokens ?? 0,
    requests,
    nextFault: () => faults.shift(),
  })
  const server = serve({
    fetch: app.fetch,
    port: 0,
    hostname: '127.0.0.1',
    overrideGlobalObjects: false,
  }) as Server
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    fail: (...next) => void faults.push(...next),
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

interface StandInState {
  readonly script: Script
  readonly paceMs: number
  readonly cachedTokens: number
  readonly requests: StandInRequest[]
  nextFault(): Fault | undefined
}

type StandInContext = Context<{
  Bindings: HttpBindings
  Variables: { fault: Fault | undefined; serial: string }
}>

function standInApp({ script, paceMs, cachedTokens, requests, nextFault }: StandInState) {
  const app = new Hono<{ Bindings: HttpBindings; Variables: { fault: Fault | undefined; serial: string } }>()
  app.use(async (c, next) => {
    const request = await readRequest(c)
    requests.push(request)
    c.env.outgoing.once('close', () => (request.disconnected = !c.env.outgoing.writableFinished))
    c.set('serial', String(requests.length).padStart(6, '0'))
    const asked = c.req.header('x-stand-in-fault')
    c.set('fault', isFault(asked) ? asked : c.req.method === 'POST' ? nextFault() : undefined)
    const failure = await failAtOnce(c.get('fault'), c.env)
    if (failure) return failure
    return next()
  })
  /** An answer in pieces, with the request's fault. */
  const send = (c: StandInContext, pieces: readonly string[], type: string) =>
    new Response(faultyBody(pieces, c.get('fault'), paceMs, c.env), {
      headers: { 'content-type': type, 'x-request-id': `req_${c.get('serial')}` },
    })
  const sendEvents = (c: StandInContext, events: readonly string[]) =>
    send(c, events, 'text/event-stream; charset=utf-8')
  const sendJson = (c: StandInContext, answer: object) =>
    send(c, halves(JSON.stringify(answer)), 'application/json')

  app.post('/v1/chat/completions', async (c) => {
    const request = chatRequest.safeParse(await c.req.json())
    if (!request.success) return invalid(request.error.message)
    const statesUsage = c.get('fault') !== 'no_usage'
    const answer = answerChat(request.data, `chatcmpl-${c.get('serial')}`, cachedTokens, script)
    if (request.data.stream !== true) return sendJson(c, chatCompletion(answer, statesUsage))
    return sendEvents(
      c,
      chatChunks(answer, statesUsage && request.data.stream_options?.include_usage === true),
    )
  })
  app.post('/v1/responses', async (c) => {
    const request = responseRequest.safeParse(await c.req.json())
    if (!request.success) return invalid(request.error.message)
    const response = answerResponse(
      request.data,
      `resp_${c.get('serial')}`,
      cachedTokens,
      script,
      c.get('fault') !== 'no_usage',
    )
    return request.data.stream === true ? sendEvents(c, responseEvents(response)) : sendJson(c, response)
  })
  app.post('/v1/audio/transcriptions', async (c) => {
    const request = await readTranscriptionForm(await c.req.formData())
    if (!request) return invalid('A file and a model are needed.')
    const statesUsage = c.get('fault') !== 'no_usage'
    if (request.stream) return sendEvents(c, transcriptionEvents(request, script, statesUsage))
    const { text, type } = transcription(request, script, statesUsage)
    return send(c, halves(text), type)
  })
  app.get('/v1/models', (c) =>
    c.json({
      object: 'list',
      data: ['gpt-4.1-mini', 'gpt-5-mini', 'gpt-4o-mini-transcribe', 'whisper-1'].map((id) => ({
        id,
        object: 'model',
        created: 0,
        owned_by: 'stand-in',
      })),
    }),
  )
  return app
}

async function readRequest(c: StandInContext): Promise<StandInRequest> {
  const isJson = c.req.header('content-type')?.startsWith('application/json') === true
  return {
    method: c.req.method,
    path: c.req.path.replace(/^\/v1/, ''),
    headers: c.req.header(),
    body: isJson ? ((await c.req.json()) as unknown) : undefined,
    disconnected: false,
  }
}

/** In two, so that a connection can end in the middle. */
const halves = (text: string): string[] => {
  const middle = Math.floor(text.length / 2)
  return [text.slice(0, middle), text.slice(middle)]
}

const invalid = (message: string): Response =>
  Response.json(
    { error: { message, type: 'invalid_request_error', param: null, code: 'invalid_value' } },
    { status: 400 },
  )
