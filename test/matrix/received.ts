import type { StandInRequest } from '../../demo/openai-stand-in.ts'
import type { Row } from './row.ts'
import { withoutEpochs } from './seen.ts'

/** Follow from the length of the body and the connection, and say nothing of what is asked. */
const CARRIER_HEADERS = ['host', 'connection', 'content-length', 'transfer-encoding']

/** What a provider was asked, so that two runs can be compared. */
export function asReceived({ method, path, headers, body }: StandInRequest): object {
  const seen = body instanceof Uint8Array ? withoutBoundary(body, headers['content-type']) : (body ?? null)
  return { method, path: withoutEpochs(path), headers: lastingHeaders(headers), body: seen }
}

/** The bytes of a form, but for what stands between its fields: that is made up anew each time. */
function withoutBoundary(bytes: Uint8Array, type = ''): string {
  const [, boundary] = /boundary=(.+)/.exec(type) ?? []
  const text = Buffer.from(bytes).toString('latin1')
  return boundary === undefined ? text : text.replaceAll(boundary, '')
}

/** What the metered run is to send where the plain one sent this. */
export function expectedRequest(plain: StandInRequest, { asksForUsage, adds }: Row): StandInRequest {
  if (adds) return { ...plain, body: { ...(plain.body as object), ...adds } }
  const body = plain.body as { stream?: boolean; stream_options?: object } | undefined
  if (asksForUsage !== true || body?.stream !== true) return plain
  return { ...plain, body: { ...body, stream_options: { ...body.stream_options, include_usage: true } } }
}

function lastingHeaders(headers: Readonly<Record<string, string>>): object {
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => !CARRIER_HEADERS.includes(name))
      .map(([name, value]) => [
        name,
        name === 'content-type' ? value.replace(/boundary=.*/, 'boundary') : value,
      ]),
  )
}
