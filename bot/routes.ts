import { createHash, timingSafeEqual } from 'node:crypto'
import { type Context, Hono } from 'hono'
import { requestId } from 'hono/request-id'
import type { CreditLedger } from '../src/credits.ts'
import type { SlackApp } from './app.ts'
import { limitBody } from './body-limit.ts'
import { readiness } from './health.ts'
import type { Logger } from './log.ts'
import type { BotMetrics } from './metrics.ts'
import { homePage } from './pages/home-page.ts'
import { limitRequests } from './rate-limit.ts'
import { logRequests, type ServerEnvironment } from './request.ts'
import type { Jobs } from './services.ts'
import { FILES_PATH } from './usage/file-links.ts'

/** Slack's largest payloads, a modal's state and view, stay well below, and so do Stripe's events. */
const LARGEST_BODY_BYTES = 1024 * 1024

type Handler = (c: Context<ServerEnvironment>) => Promise<Response>

export interface RouteOptions {
  ledger: CreditLedger
  logger: Logger
  metrics: BotMetrics
  /** Undefined: `/slack/events` answers 503, saying what is missing. */
  slack: SlackApp | undefined
  /** Undefined: there are none. */
  jobs: Jobs | undefined
  missingSlackSettings: readonly string[]
  /** Undefined: there are none. */
  files: Hono | undefined
  /** Undefined: `/webhooks/stripe` answers 503. */
  stripe: Handler | undefined
  /** 0: any number. */
  requestsPerMinute: number
  trustedProxies: number
  metricsToken: string | undefined
  isStopping: () => boolean
}

/** All that the server answers over HTTP. */
export function routes(options: RouteOptions): Hono<ServerEnvironment> {
  const { ledger, logger, metrics, slack, jobs, files, stripe, isStopping } = options
  const app = new Hono<ServerEnvironment>()
  app.use(requestId(), logRequests(logger, metrics))
  app.use(async (c, next) => {
    await next()
    // Else the connection stays open for the next request, and closing the server waits for it.
    if (isStopping()) c.header('connection', 'close')
  })
  app.use(limitRequests(options))
  app.get('/', homePage({ canInstall: slack?.installation !== undefined }))
  app.get('/healthz', (c) => c.json({ status: 'ok' }))
  app.get(
    '/readyz',
    readiness({
      ledger,
      logger,
      isStopping,
      jobsState: () => jobs?.state(),
      slackState: () => slack?.state() ?? { status: 'not_configured', missing: options.missingSlackSettings },
    }),
  )
  app.get('/metrics', async (c) => {
    if (!mayRead(c.req.header('authorization'), options.metricsToken)) {
      return c.json({ error: 'unauthorized', message: 'Send METRICS_TOKEN as a bearer token.' }, 401)
    }
    const { text, contentType } = await metrics.print({ ledger, logger, jobs: () => jobs?.state() })
    return c.body(text, 200, { 'content-type': contentType })
  })
  if (slack?.installation !== undefined) app.route('/', slack.installation)
  app.post('/slack/events', withinLimit, async (c) =>
    slack === undefined ? notConfigured(c, 'slack', options.missingSlackSettings) : slack.receiver.handle(c),
  )
  if (files !== undefined) app.route(FILES_PATH, files)
  app.post('/webhooks/stripe', withinLimit, async (c) =>
    stripe === undefined ? notConfigured(c, 'stripe', ['STRIPE_WEBHOOK_SECRET']) : stripe(c),
  )
  app.notFound((c) => c.json({ error: 'not_found' }, 404))
  app.onError((error, c) => {
    logger.error({ err: error, requestId: c.get('requestId') }, 'A request failed')
    return c.json({ error: 'internal', ref: c.get('requestId') }, 500)
  })
  return app
}

const withinLimit = limitBody(LARGEST_BODY_BYTES)

const notConfigured = (c: Context, part: 'slack' | 'stripe', missing: readonly string[]): Response =>
  c.json(
    {
      error: `${part}_not_configured`,
      message: `Set ${missing.join(' and ')}, then restart.`,
      missing,
    },
    503,
  )

/** Compared by their digests, which have one length: so the time it takes tells nothing of the token. */
function mayRead(authorization: string | undefined, token: string | undefined): boolean {
  if (token === undefined) return true
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(authorization ?? ''), digest(`Bearer ${token}`))
}
