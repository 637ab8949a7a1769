import { createHash } from 'node:crypto'
import type { HttpBindings } from '@hono/node-server'
import type { Context, HonoRequest } from 'hono'

/** A request as it came in. */
export interface StandInRequest {
  readonly method: string
  /** Below `/v1`, with its query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** Of a JSON body, or the fields of a form, with a digest of each file; undefined for another one. */
  readonly body: unknown
  /** Whether the client left before the answer was complete. */
  disconnected: boolean
}

/** Reads a request, and follows it until it is answered. Its body can still be read afterwards. */
export async function readStandInRequest<E extends { Bindings: HttpBindings }>(
  c: Context<E>,
): Promise<StandInRequest> {
  const { pathname, search } = new URL(c.req.url)
  const request = {
    method: c.req.method,
    path: pathname.replace(/^\/v1/, '') + search,
    headers: c.req.header(),
    body: await readBody(c),
    disconnected: false,
  }
  c.env.outgoing.once('close', () => (request.disconnected = !c.env.outgoing.writableFinished))
  return request
}

async function readBody({ req }: { req: HonoRequest }): Promise<unknown> {
  const type = req.header('content-type') ?? ''
  if (type.startsWith('application/json')) return req.json()
  if (!type.startsWith('multipart/form-data')) return undefined
  const form = await req.formData()
  return Promise.all([...form].map(async ([name, value]) => [name, await fieldOf(value)]))
}

async function fieldOf(value: string | File): Promise<unknown> {
  if (typeof value === 'string') return value
  const sha256 = createHash('sha256')
    .update(await value.bytes())
    .digest('hex')
  return { name: value.name, type: value.type, bytes: value.size, sha256 }
}
