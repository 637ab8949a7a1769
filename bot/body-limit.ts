import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import type { ServerEnvironment } from './request.ts'

/**
 * Refuses bodies above a length with 413. Hono's own does not, for a body that comes in chunks: it makes a Request of
 * the server's own Request, which Node's does not take while the global one is left alone.
 */
export const limitBody = (bytesMax: number) =>
  createMiddleware<ServerEnvironment>(async (c, next) => {
    const stated = c.req.header('content-length')
    if (stated !== undefined && c.req.header('transfer-encoding') === undefined) {
      // The parser reads no more than was stated.
      return Number(stated) > bytesMax ? tooLarge(c, bytesMax) : next()
    }
    const body = await readWithin(c.req.raw.body, bytesMax)
    if (body === undefined) return tooLarge(c, bytesMax)
    const { method, url, raw } = c.req
    c.req.raw = new Request(url, { method, headers: raw.headers, body: new Uint8Array(body) })
    return next()
  })

async function readWithin(
  body: ReadableStream<Uint8Array> | null,
  bytesMax: number,
): Promise<Buffer | undefined> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of body ?? []) {
    bytes += part.byteLength
    if (bytes > bytesMax) return undefined
    parts.push(part)
  }
  return Buffer.concat(parts)
}

function tooLarge(c: Context, bytesMax: number): Response {
  // The rest of the body is not read: nothing can follow it on this connection.
  c.header('connection', 'close')
  return c.json({ error: 'body_too_large', message: `At most ${bytesMax} bytes.` }, 413)
}
