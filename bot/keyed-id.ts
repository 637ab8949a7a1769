import { createHash } from 'node:crypto'

/**
 * The id of a key: the same key always gives the same UUID, so that what comes twice is one.
 *
 * @param kind what the key is one of: the same key of another kind has another id
 * @example keyedId('post', 'grant 0199…') // 'd0c4…-….-8…'
 */
export function keyedId(kind: string, key: string): string {
  const hex = createHash('sha256').update(`${kind}\n${key}`).digest('hex')
  // Version 8: a UUID whose bits are the application's own (RFC 9562).
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`]
  return [...parts, hex.slice(20, 32)].join('-')
}
