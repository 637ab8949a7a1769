import { createMiddleware } from 'hono/factory'
import type { Logger } from './log.ts'
import type { BotMetrics } from './metrics.ts'

/** What every request carries. */
export interface ServerEnvironment {
  Variables: { requestId: string }
}

/** A path longer than that is not one of ours, and not worth its space in the log. */
const LONGEST_LOGGED_PATH = 200

/** These are asked for every few seconds, and say nothing while all is well. */
const QUIET_PATHS = new Set(['/healthz', '/metrics', '/readyz'])

/** Measures each request, and logs it by method, path, status and time: no query, headers or body, where secrets and texts are. */
export const logRequests = (logger: Logger, metrics: BotMetrics) =>
  createMiddleware<ServerEnvironment>(async (c, next) => {
    const startedAt = performance.now()
    await next()
    const tookMs = performance.now() - startedAt
    metrics.answered(c.req.method, c.req.path, c.res.status, tookMs / 1000)
    const fields = {
      requestId: c.get('requestId'),
      method: c.req.method,
      path: c.req.path.slice(0, LONGEST_LOGGED_PATH),
      status: c.res.status,
      tookMs: Math.round(tookMs * 10) / 10,
    }
    if (QUIET_PATHS.has(c.req.path)) logger.debug(fields, 'Answered')
    else logger.info(fields, 'Answered')
  })
