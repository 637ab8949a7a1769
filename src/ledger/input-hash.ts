import { hash } from 'node:crypto'
import { stringify } from 'safe-stable-stringify'

/** What tells one input from another under the same key. The order of an object's properties does not matter. */
export const inputHash = (input: Readonly<Record<string, unknown>>): string =>
  hash('sha256', stringify(input), 'base64url')
