import { createMiddleware } from 'hono/factory'
import { clientAddress } from './client-address.ts'
import type { Logger } from './log.ts'
import type { BotMetrics } from './metrics.ts'
import type { ServerEnvironment } from './request.ts'

/** Beyond that the one not seen for longest is forgotten: it starts anew, which costs less than the memory. */
const MOST_ADDRESSES = 10_000

const MS_PER_MINUTE = 60_000

interface Bucket {
  tokens: number
  at: number
}

/** So many requests a minute for each address, all at once or spread (a token bucket). In this process only. */
export class RateLimit {
  private readonly perMinute: number
  private readonly now: () => number
  private readonly buckets = new Map<string, Bucket>()

  /** @param now milliseconds that never go back */
  constructor(perMinute: number, now: () => number = () => performance.now()) {
    this.perMinute = perMinute
    this.now = now
  }

  /** Counts a request. Returns 0, or, where it is one too many, after how many seconds the next may come. */
  take(address: string): number {
    const at = this.now()
    const known = this.buckets.get(address)
    const refilled = known === undefined ? this.perMinute : known.tokens + (at - known.at) * this.tokensPerMs
    const tokens = Math.min(this.perMinute, refilled)
    // Put in again: the map's first is then the one not seen for longest.
    this.buckets.delete(address)
    this.buckets.set(address, { tokens: tokens >= 1 ? tokens - 1 : tokens, at })
    if (this.buckets.size > MOST_ADDRESSES) this.buckets.delete(this.buckets.keys().next().value ?? '')
    return tokens >= 1 ? 0 : Math.ceil((1 - tokens) / this.tokensPerMs / 1000)
  }

  private get tokensPerMs(): number {
    return this.perMinute / MS_PER_MINUTE
  }
}

/** Where requests are signed, by which header, and how they are answered where they are not. */
const SIGNED = new Map([
  ['/slack/events', { header: 'x-slack-signature', unsignedStatus: 401 }],
  ['/webhooks/stripe', { header: 'stripe-signature', unsignedStatus: 400 }],
])

/** Whoever runs the server asks here, and restarts it without an answer: nobody else may use up their requests. */
const UNLIMITED = new Set(['/healthz', '/readyz'])

export interface LimitOptions {
  /** 0: any number. */
  requestsPerMinute: number
  trustedProxies: number
  logger: Logger
  metrics: BotMetrics
}

/**
 * Limits how often an address may ask, but never what Slack or Stripe signed, which come from a few addresses in
 * any number: there only what turns out not to be signed counts.
 */
export function limitRequests({ requestsPerMinute, trustedProxies, logger, metrics }: LimitOptions) {
  const limit = new RateLimit(requestsPerMinute)
  return createMiddleware<ServerEnvironment>(async (c, next) => {
    if (UNLIMITED.has(c.req.path)) return next()
    const refuse = (retryAfterSeconds: number): Response => {
      metrics.refused('rate_limit')
      logger.debug({ requestId: c.get('requestId') }, 'Refused: too many requests of an address')
      return c.json({ error: 'too_many_requests', retryAfterSeconds }, 429, {
        'retry-after': String(retryAfterSeconds),
      })
    }
    const signed = SIGNED.get(c.req.path)
    const take = () => (requestsPerMinute === 0 ? 0 : limit.take(clientAddress(c, trustedProxies)))
    if (signed === undefined || c.req.header(signed.header) === undefined) {
      const wait = take()
      return wait > 0 ? refuse(wait) : next()
    }
    await next()
    if (c.res.status !== signed.unsignedStatus) return
    const wait = take()
    if (wait > 0) c.res = refuse(wait)
  })
}
