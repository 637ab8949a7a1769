/**
 * The same response with another body. Everything else that a caller can see of it stays what it was: the URL, the
 * very same headers object, whether it was redirected.
 */
export function replaceResponseBody(original: Response, body: ReadableStream<Uint8Array>): Response {
  const { status, statusText } = original
  // The caller sees the original's headers; what reads the body inside needs to know its type.
  const type = original.headers.get('content-type')
  const headers = new Headers(type === null ? [] : [['content-type', type]])
  return withIdentity(new Response(body, { status, statusText, headers }), original)
}

function withIdentity(response: Response, original: Response): Response {
  const { url, headers, redirected, type } = original
  const constant = (value: unknown) => ({ value, configurable: true, enumerable: true })
  return Object.defineProperties(response, {
    url: constant(url),
    headers: constant(headers),
    redirected: constant(redirected),
    type: constant(type),
    clone: {
      value: () => withIdentity(Response.prototype.clone.call(response), original),
      configurable: true,
    },
  })
}
