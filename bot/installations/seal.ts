import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

const ALGORITHM = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** Tells how the rest is to be read, should that ever change. */
const VERSION = 'v1.'

/** What was sealed was changed since, belongs elsewhere, or was sealed with another key. */
export class SealBroken extends Error {
  constructor(cause?: unknown) {
    super('Not what was sealed with CREDITS_ENCRYPTION_KEY, or not for this place', { cause })
    this.name = 'SealBroken'
  }
}

/**
 * Encrypts a text for one place: only whoever knows the key and the place reads it again, so that what lies in one
 * row is of no use in another.
 *
 * @param key 32 bytes
 */
export function seal(text: string, place: string, key: Buffer): string {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(Buffer.from(place))
  const encrypted = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return VERSION + Buffer.concat([nonce, cipher.getAuthTag(), encrypted]).toString('base64')
}

/** @throws SealBroken where it is not what was sealed */
export function unseal(sealed: string, place: string, key: Buffer): string {
  if (!sealed.startsWith(VERSION)) throw new SealBroken()
  const bytes = Buffer.from(sealed.slice(VERSION.length), 'base64')
  if (bytes.length < NONCE_BYTES + TAG_BYTES) throw new SealBroken()
  const tagAt = NONCE_BYTES + TAG_BYTES
  const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  })
  decipher.setAAD(Buffer.from(place)).setAuthTag(bytes.subarray(NONCE_BYTES, tagAt))
  try {
    return Buffer.concat([decipher.update(bytes.subarray(tagAt)), decipher.final()]).toString('utf8')
  } catch (error) {
    throw new SealBroken(error)
  }
}
