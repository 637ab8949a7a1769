import { createHmac, timingSafeEqual } from 'node:crypto'

/** How far a request's timestamp may be off, either way: what was recorded cannot be replayed later than that. */
export const TIMESTAMP_TOLERANCE_SECONDS = 300

export interface SignedRequest {
  /** The body as it came over the wire: decoding it first could change what was signed. */
  body: Uint8Array
  /** `x-slack-request-timestamp` */
  timestamp: string | undefined
  /** `x-slack-signature` */
  signature: string | undefined
}

/** Why Slack cannot have sent this request just now, or null where it did. */
export function refuseSignature(request: SignedRequest, secret: string, now: Date): string | null {
  const { body, timestamp, signature } = request
  if (timestamp === undefined || signature === undefined) return 'signature or timestamp missing'
  if (!/^\d{1,12}$/.test(timestamp)) return 'timestamp malformed'
  const ageSeconds = now.getTime() / 1000 - Number(timestamp)
  if (ageSeconds > TIMESTAMP_TOLERANCE_SECONDS) return 'timestamp too old'
  if (ageSeconds < -TIMESTAMP_TOLERANCE_SECONDS) return 'timestamp in the future'
  const expected = Buffer.from(signBody(body, timestamp, secret))
  const given = Buffer.from(signature)
  const isEqual = expected.length === given.length && timingSafeEqual(expected, given)
  return isEqual ? null : 'signature does not match'
}

/**
 * Slack's signature of a body.
 *
 * @example signBody('command=%2Fcredits', '1790000000', secret) // 'v0=…'
 */
export function signBody(body: string | Uint8Array, timestamp: string, secret: string): string {
  return `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest('hex')}`
}
