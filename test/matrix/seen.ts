/** Errors that are causes of one another are followed this deep. */
const CAUSES_MAX = 6

/** Changes from answer to answer, or belongs to the connection. */
const PASSING_HEADERS = ['date', 'connection', 'keep-alive', 'transfer-encoding']

/** Of an error: told otherwise, or about the connection (ports, bytes). */
const NOT_CARRIED = ['stack', 'cause', 'headers', 'socket']

/**
 * What a caller saw, as plain JSON: an error as all that can be told of it, bytes by their length, and the address of
 * the stand-in, which is another one for each run, by a name.
 */
export function asSeen(value: unknown, standInUrl: string): unknown {
  const { host, origin } = new URL(standInUrl)
  const text = JSON.stringify(plain(value, 0)) ?? 'null'
  return JSON.parse(
    withoutEpochs(text.replaceAll(origin, 'http://stand-in').replaceAll(host, 'stand-in')),
  ) as unknown
}

/** Without what makes the ids of what each stand-in makes in the background its own. */
export const withoutEpochs = (text: string): string => text.replaceAll(/_[0-9a-f]{8}(?=_\d{6})/g, '')

/** The headers of a response, but for those that change from answer to answer. */
export const headersOf = ({ headers }: Response): Record<string, string> =>
  Object.fromEntries([...headers].filter(([name]) => !PASSING_HEADERS.includes(name)))

/** All that a response tells before its body is read. */
export const headOf = (response: Response): object => ({
  status: response.status,
  statusText: response.statusText,
  url: response.url,
  redirected: response.redirected,
  type: response.type,
  ok: response.ok,
  headers: headersOf(response),
})

function plain(value: unknown, depth: number): unknown {
  if (value instanceof Error) return describeError(value, depth)
  if (value instanceof Headers) return lasting(value)
  if (value instanceof Uint8Array) return { bytes: value.byteLength }
  if (typeof value === 'bigint') return String(value)
  if (Array.isArray(value)) return value.map((member) => plain(member, depth))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member, depth)]))
}

/** Its class and all that it carries, but for where it was made. */
function describeError(error: Error, depth: number): object {
  if (depth >= CAUSES_MAX) return { class: error.constructor.name }
  const carried = Object.entries(error).filter(([name]) => !NOT_CARRIED.includes(name))
  const headers: unknown = 'headers' in error ? error.headers : undefined
  return {
    class: error.constructor.name,
    name: error.name,
    message: error.message,
    ...Object.fromEntries(
      carried.map(([name, value]) => [
        name,
        plain(
          name === 'responseHeaders' ? lasting(new Headers(value as Record<string, string>)) : value,
          depth + 1,
        ),
      ]),
    ),
    ...(headers instanceof Headers ? { headers: lasting(headers) } : {}),
    ...(error.cause === undefined ? {} : { cause: plain(error.cause, depth + 1) }),
  }
}

const lasting = (headers: Headers): object =>
  Object.fromEntries([...headers].filter(([name]) => !PASSING_HEADERS.includes(name)))
