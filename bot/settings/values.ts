import { z } from 'zod'
import { CreditsError } from '../../src/errors.ts'

/** A text that the ledger's own reader takes, with the reader's own words where it does not. */
export const readableBy = (read: (text: string) => unknown) =>
  z.string().superRefine((text, context) => {
    try {
      read(text)
    } catch (error) {
      if (!CreditsError.isInstance(error)) throw error
      context.addIssue({ code: 'custom', message: `is not usable. ${error.message}` })
    }
  })

export const webAddress = () => z.url({ protocol: /^https?$/, error: 'must be an http(s) URL' })

/** A base to append paths to. Others reach it, so what is not of this machine must be encrypted on its way. */
export const publicAddress = () =>
  webAddress()
    .refine((text) => isEncryptedOrLocal(text), 'must begin with https://')
    .refine((text) => !/[?#]/.test(text), 'must be a URL without a query')
    .transform((text) => text.replace(/\/+$/, ''))

export const wholeNumber = (most: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'must be a whole number, 0 or more')
    .transform(Number)
    .pipe(z.number().max(most, `must be at most ${most}`))

/** What others must not guess: long enough that trying is hopeless, without the blanks that copying brings along. */
export const secret = (characters: number, what = 'a secret of your own') =>
  z
    .string()
    .regex(
      new RegExp(`^\\S{${characters},}$`),
      `must be ${what}, at least ${characters} characters without blanks`,
    )

/** What begins as the issuer of the token has it begin. */
export const token = (pattern: RegExp, what: string) => z.string().regex(pattern, `must be ${what}`)

const KEY_BYTES = 32

/** AES-256 takes no other length. */
export const encryptionKey = () =>
  z
    .base64('must be 32 random bytes in base64, as `openssl rand -base64 32` prints them')
    .transform((text) => Buffer.from(text, 'base64'))
    .refine(
      (bytes) => bytes.length === KEY_BYTES,
      `must be ${KEY_BYTES} bytes, as \`openssl rand -base64 32\` prints them`,
    )

const LONGEST_LIST = 100

/** Names separated by commas. */
export const listOf = (pattern: RegExp, what: string) =>
  z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== ''),
    )
    .pipe(
      z
        .array(z.string().regex(pattern, `must be ${what}, separated by commas`))
        .max(LONGEST_LIST, `must name at most ${LONGEST_LIST}`),
    )

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])

function isEncryptedOrLocal(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && (url.protocol === 'https:' || LOOPBACK.has(url.hostname))
}
