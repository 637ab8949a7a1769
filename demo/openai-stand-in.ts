import { randomBytes } from 'node:crypto'
import type { HttpBindings } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import { serveOnLoopback } from './loopback.ts'
import { answerChat, chatChunks, chatCompletion, chatRequest } from './stand-in/chat.ts'
import { completionChunks, completionRequest, textCompletion } from './stand-in/completions.ts'
import { answerEmbeddings, embeddingRequest } from './stand-in/embeddings.ts'
import { failAtOnce, type Fault, faultyBody, isFault } from './stand-in/faults.ts'
import {
  answerResponse,
  type Response as StandInResponse,
  responseEvents,
  responseRequest,
} from './stand-in/responses.ts'
import { readStandInRequest, type StandInRequest } from './stand-in/request.ts'
import { SCRIPT, type Script } from './stand-in/script.ts'
import { StoredResponses } from './stand-in/stored-responses.ts'
import { readTranscriptionForm, transcription, transcriptionEvents } from './stand-in/transcriptions.ts'

export type { Fault } from './stand-in/faults.ts'
export type { StandInRequest } from './stand-in/request.ts'

export interface StandInOptions {
  /** What it says. Default: a story about PostgreSQL 18. */
  script?: Partial<Script> | undefined
  /** Time between two pieces of a streamed answer, in milliseconds. Default: 0. */
  paceMs?: number | undefined
  /** How many tokens of each prompt are said to have come from the cache. Default: 0. */
  cachedTokens?: number | undefined
  /** How often a response in the background is read before it is finished. Default: once. */
  backgroundReads?: number | undefined
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
 * Serves OpenAI's wire format on the loopback: chat completions, responses with web search and in the background,
 * embeddings, transcriptions and translations, plain and streamed, and the list of models. It says the same each
 * time. Deployments, as Azure has them, are the models of their names.
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
    responses: new StoredResponses(options.backgroundReads ?? 1),
    requests,
    nextFault: () => faults.shift(),
  })
  const { url, close } = await serveOnLoopback(app)
  return {
    url: `${url}/v1`,
    requests,
    fail: (...next) => void faults.push(...next),
    close,
  }
}

interface StandInState {
  readonly script: Script
  readonly paceMs: number
  readonly cachedTokens: number
  readonly responses: StoredResponses<StandInResponse>
  readonly requests: StandInRequest[]
  nextFault(): Fault | undefined
}

type StandInContext = Context<{
  Bindings: HttpBindings
  Variables: { fault: Fault | undefined; serial: string }
}>

function standInApp({ script, paceMs, cachedTokens, responses, requests, nextFault }: StandInState) {
  /** No two responses made in the background have the same id: who reads one again is not charged again. */
  const epoch = randomBytes(4).toString('hex')
  const app = new Hono<{ Bindings: HttpBindings; Variables: { fault: Fault | undefined; serial: string } }>({
    getPath: ({ url }) => new URL(url).pathname.replace(/^\/v1\/deployments\/[^/]+/, '/v1'),
  })
  app.use(async (c, next) => {
    requests.push(await readStandInRequest(c))
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
      `resp_${request.data.background === true ? `${epoch}_` : ''}${c.get('serial')}`,
      cachedTokens,
      script,
      c.get('fault') !== 'no_usage',
    )
    const made = responses.add(response)
    return request.data.stream === true ? sendEvents(c, responseEvents(response)) : sendJson(c, made)
  })
  app.get('/v1/responses/:id', (c) => {
    const id = c.req.param('id')
    if (c.req.query('stream') !== 'true') return found(responses.read(id), (it) => sendJson(c, it))
    const after = Number(c.req.query('starting_after') ?? -1)
    return found(responses.whole(id), (it) => sendEvents(c, responseEvents(it, after)))
  })
  app.post('/v1/responses/:id/cancel', (c) =>
    found(responses.cancel(c.req.param('id')), (it) => sendJson(c, it)),
  )
  app.post('/v1/completions', async (c) => {
    const request = completionRequest.safeParse(await c.req.json())
    if (!request.success) return invalid(request.error.message)
    const id = `cmpl-${c.get('serial')}`
    if (request.data.stream === true) return sendEvents(c, completionChunks(request.data, id, script))
    return sendJson(c, textCompletion(request.data, id, script))
  })
  app.post('/v1/embeddings', async (c) => {
    const request = embeddingRequest.safeParse(await c.req.json())
    if (!request.success) return invalid(request.error.message)
    return sendJson(c, answerEmbeddings(request.data, c.get('fault') !== 'no_usage'))
  })
  app.post('/v1/audio/transcriptions', async (c) => {
    const request = await readTranscriptionForm(await c.req.formData())
    if (!request) return invalid('A file and a model are needed.')
    const statesUsage = c.get('fault') !== 'no_usage'
    if (request.stream) return sendEvents(c, transcriptionEvents(request, script, statesUsage))
    const { text, type } = transcription(request, script, statesUsage)
    return send(c, halves(text), type)
  })
  app.post('/v1/audio/translations', async (c) => {
    const request = await readTranscriptionForm(await c.req.formData())
    if (!request) return invalid('A file and a model are needed.')
    const { text, type } = transcription(request, script, false)
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

/** In two, so that a connection can end in the middle. */
const halves = (text: string): string[] => {
  const middle = Math.floor(text.length / 2)
  return [text.slice(0, middle), text.slice(middle)]
}

const found = <T>(thing: T | undefined, send: (thing: T) => Response): Response =>
  thing === undefined ? refused(404, 'not_found', 'There is no such thing.') : send(thing)

const invalid = (message: string): Response => refused(400, 'invalid_value', message)

const refused = (status: number, code: string, message: string): Response =>
  Response.json({ error: { message, type: 'invalid_request_error', param: null, code } }, { status })
