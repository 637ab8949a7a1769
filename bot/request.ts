import { createMiddleware } from 'hono/factory'
import type { Logger } from './log.ts'

/** What every request carries. */
export interface ServerEnvironment {
  Variables: { requestId: string }
}

/** A path longer than that is not one of ours, and not worth its space in the log. */
const LONGEST_LOGGED_PATH = 200

/** Health checks come every few seconds and say nothing while all is well. */
const QUIET_PATHS = new Set(['/healthz', '/readyz'])

/** Logs each request by method, path, status and time: no query, headers or body, where secrets and texts are. */
export const logRequests = (logger: Logger) =>
  createMiddleware<ServerEnvironment>(async (c, next) => {
    const startedAt = performance.now()
    await next()
    const fields = {
      requestId: c.get('requestId'),
      method: c.req.method,
      path: c.req.path.slice(0, LONGEST_LOGGED_PATH),
      status: c.res.status,
      tookMs: Math.round((performance.now() - startedAt) * 10) / 10,
    }
    if (QUIET_PATHS.has(c.req.path)) logger.debug(fields, 'Answered')
    else logger.info(fields, 'Answered')
  })
