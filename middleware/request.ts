import { CreditsError } from '../src/errors.ts'
import { type JsonObject, parseObject } from './json.ts'

/** What `fetch` is, as the SDKs use it. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>

type Body = NonNullable<RequestInit['body']>

/**
 * A streamed upload is read whole before it is sent, not tapped on its way: SDKs write the file before the field
 * that names the model, and a file may keep its length at its end, so that nothing is known before the last byte.
 * The provider gets the same bytes. OpenAI takes audio of up to 25 MB.
 */
const MAX_STREAMED_BODY_BYTES = 32 * 1024 * 1024

/** A request on its way, read as far as metering it needs, and what `fetch` is to be called with in the end. */
export class MeteredRequest {
  readonly url: URL
  readonly method: string
  readonly headers: Headers
  readonly signal: AbortSignal | undefined
  private readonly input: string | URL | Request
  private init: RequestInit | undefined

  constructor(input: string | URL | Request, init: RequestInit | undefined) {
    const request = input instanceof Request ? input : undefined
    this.input = input
    this.init = init
    this.url = new URL(input instanceof Request ? input.url : input)
    this.method = (init?.method ?? request?.method ?? 'GET').toUpperCase()
    this.headers = new Headers(init?.headers ?? request?.headers)
    this.signal = init?.signal ?? request?.signal ?? undefined
  }

  /** The arguments for the real `fetch`: those that came in, unless a body was replaced. */
  get outgoing(): [string | URL | Request, RequestInit | undefined] {
    return [this.input, this.init]
  }

  /**
   * The body as a JSON object, and its text.
   *
   * @throws CreditsError `unknown_price` if it is none: what cannot be read cannot be priced
   */
  async json(): Promise<{ text: string; value: JsonObject }> {
    const body = this.init?.body
    const text = typeof body === 'string' ? body : await new Response(await this.body()).text()
    const value = parseObject(text)
    if (value) return { text, value }
    throw new CreditsError(
      'unknown_price',
      `The body of ${this.method} ${this.url.pathname} is not a JSON object.`,
    )
  }

  /**
   * The fields of a multipart body.
   *
   * @throws CreditsError `unknown_price` if it is none
   */
  async form(): Promise<FormData> {
    const body = await this.body()
    if (body instanceof FormData) return body
    const type = this.headers.get('content-type')
    try {
      // oxlint-disable-next-line typescript/no-deprecated -- it warns of uploads from strangers; this is our caller's own
      return await new Response(body, { headers: type === null ? {} : { 'content-type': type } }).formData()
    } catch (error) {
      throw new CreditsError(
        'unknown_price',
        `The body of ${this.method} ${this.url.pathname} is not multipart form data.`,
        {},
        { cause: error },
      )
    }
  }

  /** The body as a file, where it lies in memory. A stream is undefined, and is left to be sent as it comes. */
  file(): Blob | undefined {
    const body = this.init?.body
    if (body instanceof Blob) return body
    return body instanceof ArrayBuffer || isBytes(body) ? new Blob([body]) : undefined
  }

  /** Sends another body than the one that came in. */
  replaceBody(body: string | Uint8Array<ArrayBuffer>): void {
    const init = { ...this.init, body }
    if (this.headers.has('content-length')) {
      const headers = new Headers(this.headers)
      // It states the old body's length; fetch works out the new one.
      headers.delete('content-length')
      init.headers = headers
    }
    this.init = init
  }

  private async body(): Promise<Body | null> {
    const body = this.init?.body ?? (this.input instanceof Request ? this.input.clone().body : null)
    if (!isStream(body)) return body ?? null
    const bytes = await readWhole(body, this.signal)
    this.replaceBody(bytes)
    return bytes
  }
}

const isBytes = (body: unknown): body is Uint8Array<ArrayBuffer> => ArrayBuffer.isView(body)

const isStream = (body: unknown): body is AsyncIterable<Uint8Array | string> =>
  typeof body === 'object' &&
  body !== null &&
  Symbol.asyncIterator in body &&
  !(body instanceof Blob) &&
  !(body instanceof FormData)

/** @throws CreditsError `body_too_long`; the reason of the signal, when it aborts */
async function readWhole(
  body: AsyncIterable<Uint8Array | string>,
  signal: AbortSignal | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  signal?.throwIfAborted()
  const reader = ReadableStream.from(body).getReader()
  // A source that has stalled would hold the call otherwise, past any timeout of the SDK.
  const leave = () => void reader.cancel(signal?.reason).catch(() => undefined)
  signal?.addEventListener('abort', leave, { once: true })
  const parts: Uint8Array[] = []
  let bytes = 0
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      const part = typeof next.value === 'string' ? Buffer.from(next.value) : next.value
      bytes += part.byteLength
      if (bytes > MAX_STREAMED_BODY_BYTES) throw tooLong()
      parts.push(part)
    }
  } catch (error) {
    leave()
    throw error
  } finally {
    signal?.removeEventListener('abort', leave)
  }
  signal?.throwIfAborted()
  return Buffer.concat(parts)
}

const tooLong = () =>
  new CreditsError(
    'body_too_long',
    `A streamed body of more than ${MAX_STREAMED_BODY_BYTES} bytes cannot be measured before it is sent.`,
  )
