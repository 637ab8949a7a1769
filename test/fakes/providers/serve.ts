import type { HttpBindings } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import { serveOnLoopback } from '../../../demo/loopback.ts'
import type { StandInRequest } from '../../../demo/openai-stand-in.ts'
import { failAtOnce, type Fault, faultyBody, isFault } from '../../../demo/stand-in/faults.ts'

export type FakeContext = Context<{ Bindings: HttpBindings; Variables: { fault: Fault | undefined } }>
export type FakeApp = Hono<{ Bindings: HttpBindings; Variables: { fault: Fault | undefined } }>

export interface Fake {
  /** Without a path. */
  readonly url: string
  /** All so far, in order; paths with their queries, bodies that are no JSON as bytes. */
  readonly requests: readonly StandInRequest[]
  /** Makes the next requests go wrong, each in one of these ways. */
  fail(...faults: Fault[]): void
  close(): Promise<void>
}

/** Serves a provider's routes on the loopback, and keeps what it is asked. */
export async function startFake(addRoutes: (app: FakeApp) => void): Promise<Fake> {
  const requests: StandInRequest[] = []
  const faults: Fault[] = []
  const app: FakeApp = new Hono()
  app.use(async (c, next) => {
    const request = await readRequest(c)
    requests.push(request)
    c.env.outgoing.once('close', () => (request.disconnected = !c.env.outgoing.writableFinished))
    const asked = c.req.header('x-stand-in-fault')
    c.set('fault', isFault(asked) ? asked : faults.shift())
    return (await failAtOnce(c.get('fault'), c.env)) ?? next()
  })
  addRoutes(app)
  const { url, close } = await serveOnLoopback(app)
  return {
    url,
    requests,
    fail: (...next) => void faults.push(...next),
    close,
  }
}

/** An answer in two pieces, with the request's fault between or before them. */
export function sendJson(c: FakeContext, answer: object): Response {
  const text = JSON.stringify(answer)
  const half = Math.floor(text.length / 2)
  return send(c, [text.slice(0, half), text.slice(half)], 'application/json')
}

/** An answer as server-sent events, with the request's fault in their midst. */
export const sendEvents = (c: FakeContext, data: readonly object[]): Response =>
  send(
    c,
    [...data.map((event) => `data: ${JSON.stringify(event)}\n\n`), 'data: [DONE]\n\n'],
    'text/event-stream',
  )

const send = (c: FakeContext, pieces: readonly string[], type: string): Response =>
  new Response(faultyBody(pieces, c.get('fault'), 0, c.env), { headers: { 'content-type': type } })

async function readRequest(c: FakeContext): Promise<StandInRequest> {
  const { pathname, search } = new URL(c.req.url)
  const bytes = Buffer.from(await c.req.arrayBuffer())
  return {
    method: c.req.method,
    path: pathname + search,
    headers: c.req.header(),
    body: c.req.header('content-type')?.startsWith('application/json') ? parse(bytes) : bytes,
    disconnected: false,
  }
}

const parse = (bytes: Buffer): unknown =>
  bytes.length === 0 ? undefined : JSON.parse(bytes.toString('utf8'))
