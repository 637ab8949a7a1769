import { once } from 'node:events'
import type { Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import type { CreditLedger } from '../src/credits.ts'
import type { WebhookSettings } from './alerts/webhook.ts'
import { deliverWithoutSlack } from './alerts/without-slack.ts'
import { openSlack, type SlackOptions } from './app.ts'
import { Pictures } from './charts/pictures.ts'
import { type LinkSettings, SignedLinks } from './links.ts'
import { createLogger, type Logger } from './log.ts'
import { BotMetrics } from './metrics.ts'
import { filePages } from './pages/files.ts'
import { routes } from './routes.ts'
import type { StripeSettings } from './settings.ts'
import { startSweeper } from './sweeper.ts'
import { endsWithin } from '../src/time-limit.ts'

/** Slack's requests are small and come whole; what trickles in for longer holds a connection for nothing. */
const REQUEST_TIMEOUT_MS = 15_000

const REQUESTS_PER_MINUTE = 600

/**
 * Slack's and Stripe's requests are answered by then. Whoever takes a file slowly, or sends a body that never ends, is
 * cut off: they would use up the time in which jobs and acknowledged commands end well.
 */
const REQUESTS_END_WITHIN_MS = 3_000

/** Below the 30 s after which process managers kill. */
const STOP_WITHIN_MS = 20_000

export interface ServerOptions {
  ledger: CreditLedger
  /** Without it `/slack/events` answers 503, saying what is missing. */
  slack?: SlackOptions | undefined
  /** What that answer names as missing. */
  missingSlackSettings?: readonly string[] | undefined
  /** Signs links to charts and files, which then are under `/files`. Without it there are none. */
  links?: LinkSettings | undefined
  /** Where alerts are posted, beside Slack or without it. */
  alertWebhook?: WebhookSettings | undefined
  /** Without it `/webhooks/stripe` answers 503. */
  stripe?: StripeSettings | undefined
  /** For each address, of requests that neither Slack nor Stripe signed. Default: 600; 0: any number. */
  requestsPerMinute?: number | undefined
  /** How many proxies before the server add whom they speak for to `X-Forwarded-For`. Default: 0. */
  trustedProxies?: number | undefined
  /** What `/metrics` asks for. Default: nothing. */
  metricsToken?: string | undefined
  /** Default: 127.0.0.1. */
  host?: string | undefined
  /** Default: 3000; 0 takes a free one. */
  port?: number | undefined
  logger?: Logger | undefined
}

export interface CreditsServer {
  /** Where it listens, e.g. `http://127.0.0.1:3000`. */
  url: string
  /** Takes no new requests, and ends once running ones have been answered. The ledger stays open. */
  stop(): Promise<void>
}

/**
 * Starts the HTTP server: Slack's requests and installations, `/webhooks/stripe`, `/files`, `/healthz`, `/readyz` and
 * `/metrics`; and a sweep of the ledger every minute.
 *
 * @example
 * const server = await createServer({ ledger: await openCredits(), slack: { signingSecret, botToken } })
 */
export async function createServer(options: ServerOptions): Promise<CreditsServer> {
  const {
    ledger,
    logger = createLogger(),
    missingSlackSettings = ['SLACK_SIGNING_SECRET', 'SLACK_BOT_TOKEN'],
  } = options
  let stopping: Promise<void> | undefined
  const metrics = new BotMetrics()
  // Loaded where payments are taken: a large library.
  const stripe =
    options.stripe &&
    (await import('./webhooks/stripe.ts')).stripeWebhook({
      ledger,
      logger,
      metrics,
      settings: options.stripe,
    })
  const links = options.links && new SignedLinks(options.links)
  const pictures = new Pictures()
  const { alertWebhook } = options
  const slack =
    options.slack && (await openSlack({ links, alertWebhook, ...options.slack, metrics }, ledger, logger))
  const alerts =
    slack === undefined && alertWebhook !== undefined
      ? deliverWithoutSlack(ledger, logger, alertWebhook)
      : undefined
  const http = createAdaptorServer({
    fetch: routes({
      ledger,
      logger,
      metrics,
      slack,
      jobs: slack?.jobs ?? alerts?.jobs,
      missingSlackSettings,
      files: links && filePages({ ledger, links, logger, pictures }),
      stripe,
      requestsPerMinute: options.requestsPerMinute ?? REQUESTS_PER_MINUTE,
      trustedProxies: options.trustedProxies ?? 0,
      metricsToken: options.metricsToken,
      isStopping: () => stopping !== undefined,
    }).fetch,
    // Another's process may look at its own Request and Response.
    overrideGlobalObjects: false,
    serverOptions: { requestTimeout: REQUEST_TIMEOUT_MS },
  }) as Server
  const url = await listen(http, options.host ?? '127.0.0.1', options.port ?? 3000).catch(
    async (error: unknown) => {
      await slack?.stop()
      await alerts?.stop()
      throw error
    },
  )
  const sweeper = startSweeper(ledger, logger)
  logger.info({ url }, `Listening on ${url}`)
  if (slack === undefined) {
    logger.warn(
      { missing: missingSlackSettings },
      `Slack is not connected: set ${missingSlackSettings.join(' and ')}`,
    )
  }

  return {
    url,
    stop() {
      stopping ??= stop()
      return stopping
    },
  }

  async function stop(): Promise<void> {
    logger.info('Stopping')
    const finished = finishRunning().catch((error: unknown) => {
      logger.error({ err: error }, 'Not all stopped as it should')
    })
    if (await endsWithin(finished, STOP_WITHIN_MS)) logger.info('Stopped')
    else logger.error('Stopped, but requests still ran when the time for it was up')
    http.closeAllConnections()
  }

  async function finishRunning(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      http.close(() => resolve())
    })
    if (!(await endsWithin(closed, REQUESTS_END_WITHIN_MS))) {
      logger.warn('Cut off requests that did not end')
      http.closeAllConnections()
      await closed
    }
    await slack?.stop()
    await alerts?.stop()
    await pictures.close()
    await sweeper.stop()
  }
}

/** Begins to listen, and says where. */
async function listen(server: Server, host: string, port: number): Promise<string> {
  server.listen(port, host)
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server listens on no TCP port.')
  const isEverywhere = host === '0.0.0.0' || host === '::'
  const name = isEverywhere
    ? '127.0.0.1'
    : address.family === 'IPv6'
      ? `[${address.address}]`
      : address.address
  return `http://${name}:${address.port}`
}
