import { once } from 'node:events'
import type { Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { requestId } from 'hono/request-id'
import type { CreditLedger } from '../src/credits.ts'
import { openSlack, type SlackApp, type SlackOptions } from './app.ts'
import { readiness } from './health.ts'
import { createLogger, type Logger } from './log.ts'
import { logRequests, type ServerEnvironment } from './request.ts'
import { startSweeper } from './sweeper.ts'
import { endsWithin } from './time-limit.ts'

/** Slack's largest payloads, a modal's state and view, stay well below. */
const LARGEST_BODY_BYTES = 1024 * 1024

/** Slack's requests are small and come whole; what trickles in for longer holds a connection for nothing. */
const REQUEST_TIMEOUT_MS = 15_000

/** Below the 30 s after which process managers kill. */
const STOP_WITHIN_MS = 20_000

export interface ServerOptions {
  ledger: CreditLedger
  /** Without it `/slack/events` answers 503, saying what is missing. */
  slack?: SlackOptions | undefined
  /** What that answer names as missing. */
  missingSlackSettings?: readonly string[] | undefined
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
 * Starts the HTTP server: `/slack/events`, `/healthz`, `/readyz`, and a sweep of the ledger every minute.
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
  const slack = options.slack && (await openSlack(options.slack, ledger, logger))
  const http = createAdaptorServer({
    fetch: routes({
      ledger,
      logger,
      slack,
      missingSlackSettings,
      isStopping: () => stopping !== undefined,
    }).fetch,
    // Another's process may look at its own Request and Response.
    overrideGlobalObjects: false,
    serverOptions: { requestTimeout: REQUEST_TIMEOUT_MS },
  }) as Server
  const url = await listen(http, options.host ?? '127.0.0.1', options.port ?? 3000).catch(
    async (error: unknown) => {
      await slack?.stop()
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
    if (await endsWithin(finishRunning(), STOP_WITHIN_MS)) logger.info('Stopped')
    else logger.error('Stopped, but requests still ran when the time for it was up')
    http.closeAllConnections()
  }

  async function finishRunning(): Promise<void> {
    await new Promise<void>((resolve) => {
      http.close(() => resolve())
    })
    await slack?.stop()
    await sweeper.stop()
  }
}

interface RouteOptions {
  ledger: CreditLedger
  logger: Logger
  slack: SlackApp | undefined
  missingSlackSettings: readonly string[]
  isStopping: () => boolean
}

function routes({
  ledger,
  logger,
  slack,
  missingSlackSettings,
  isStopping,
}: RouteOptions): Hono<ServerEnvironment> {
  const app = new Hono<ServerEnvironment>()
  const missing = missingSlackSettings
  app.use(requestId(), logRequests(logger))
  app.use(async (c, next) => {
    await next()
    // Else the connection stays open for the next request, and closing the server waits for it.
    if (isStopping()) c.header('connection', 'close')
  })
  app.get('/healthz', (c) => c.json({ status: 'ok' }))
  app.get(
    '/readyz',
    readiness({
      ledger,
      logger,
      isStopping,
      slackState: () => slack?.state() ?? { status: 'not_configured', missing },
    }),
  )
  app.post('/slack/events', limitBody, async (c) =>
    slack === undefined
      ? c.json(
          { error: 'slack_not_configured', message: `Set ${missing.join(' and ')}, then restart.`, missing },
          503,
        )
      : slack.receiver.handle(c),
  )
  app.notFound((c) => c.json({ error: 'not_found' }, 404))
  app.onError((error, c) => {
    logger.error({ err: error, requestId: c.get('requestId') }, 'A request failed')
    return c.json({ error: 'internal', ref: c.get('requestId') }, 500)
  })
  return app
}

const limitBody = bodyLimit({
  maxSize: LARGEST_BODY_BYTES,
  onError: (c) => {
    // The rest of the body is not read: nothing can follow it on this connection.
    c.header('connection', 'close')
    return c.json({ error: 'body_too_large', message: `At most ${LARGEST_BODY_BYTES} bytes.` }, 413)
  },
})

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
