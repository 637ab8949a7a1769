import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Links } from './services.ts'

/** The parameters that we add; what is signed may not have one of that name. */
const EXPIRES = 'expires'
const SIGNATURE = 'signature'

/** Longer queries than we ever sign are not worth working on. */
const LONGEST_QUERY = 2_500

export interface LinkSettings {
  /** What others reach the server at. */
  readonly baseUrl: string
  /** Whoever has it can sign. */
  readonly secret: string
}

/** What became of an address that somebody opened. */
export type OpenedLink =
  | { readonly state: 'valid'; readonly parameters: Readonly<Record<string, string>> }
  /** It was ours, and its time is up. */
  | { readonly state: 'expired' }
  /** It is not one of ours. */
  | { readonly state: 'forged' }

/**
 * Addresses that open one file for a while, for whoever has them (HMAC-SHA256). The path is signed too, so an address
 * of a chart opens no list of charges; and there is one way only to write each, so no changed byte is let through.
 */
export class SignedLinks implements Links {
  private readonly baseUrl: string
  private readonly secret: string
  private readonly now: () => number

  constructor({ baseUrl, secret }: LinkSettings, now: () => number = Date.now) {
    this.baseUrl = baseUrl.replace(/\/+$/, '')
    this.secret = secret
    this.now = now
  }

  sign(path: string, parameters: Readonly<Record<string, string>>, lifetimeMs: number): string {
    const expires = Math.ceil((this.now() + lifetimeMs) / 1000)
    const query = canonical({ ...parameters, [EXPIRES]: String(expires) })
    const signed = `${query}&${SIGNATURE}=${this.signatureOf(path, query)}`
    if (signed.length > LONGEST_QUERY) throw new Error(`A link of ${signed.length} characters is too long.`)
    return `${this.baseUrl}${path}?${signed}`
  }

  /**
   * @param path the one that the handler serves
   * @param query as it came, without the question mark
   */
  open(path: string, query: string): OpenedLink {
    const at = query.lastIndexOf(`&${SIGNATURE}=`)
    if (at < 0 || query.length > LONGEST_QUERY) return { state: 'forged' }
    const signed = query.slice(0, at)
    const signature = query.slice(at + SIGNATURE.length + 2)
    if (!isSame(signature, this.signatureOf(path, signed))) return { state: 'forged' }
    const { [EXPIRES]: expires, ...parameters } = Object.fromEntries(new URLSearchParams(signed))
    return Number(expires) * 1000 > this.now() ? { state: 'valid', parameters } : { state: 'expired' }
  }

  private signatureOf(path: string, query: string): string {
    return createHmac('sha256', this.secret).update(`${path}?${query}`).digest('base64url')
  }
}

function canonical(parameters: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams(parameters)
  query.sort()
  return query.toString()
}

/** Compared as text, byte for byte: of base64 the last character has spare bits. */
function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)]
  return a.length === b.length && timingSafeEqual(a, b)
}
