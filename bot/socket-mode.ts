import { setTimeout as delay } from 'node:timers/promises'
import { SocketModeClient } from '@slack/socket-mode'
import { WebAPIPlatformError, WebAPIRateLimitedError, type WebClientOptions } from '@slack/web-api'
import type { Dispatcher } from './dispatcher.ts'
import { boltLogger, type Logger } from './log.ts'
import type { SlackBody } from './slack-body.ts'
import { isTransient, type SlackState } from './slack-identity.ts'
import { endsWithin } from '../src/time-limit.ts'

export interface SocketModeOptions {
  appToken: string
  clientOptions: WebClientOptions
  dispatcher: Dispatcher
  logger: Logger
}

/** What the client tells of a request of Slack. */
interface SocketRequest {
  readonly ack: (response?: Record<string, unknown> | string) => Promise<void>
  readonly envelope_id: string
  readonly body: SlackBody
  readonly retry_num?: number
  readonly retry_reason?: string
}

/** Slack greets within moments; a connection on which it does not is given up. */
const GREETED_WITHIN_MS = 15_000

const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 60_000

/** Slack ends a connection every few hours. One that lasted is replaced at once, one that did not after a pause. */
const LASTING_MS = 1_000

/** The client says goodbye and waits up to 30 s for Slack's; told twice, it just ends. */
const GOODBYE_WITHIN_MS = 1_000

/**
 * Keeps a socket to Slack open, and takes to the listeners what comes through it. It connects anew itself: Bolt's
 * client waits 5 s before it does, and where Slack refuses or cannot be reached, ends the process by a rejection that
 * nobody handles.
 */
export class SocketMode {
  private readonly options: SocketModeOptions
  private readonly client: SocketModeClient
  private readonly stopping = new AbortController()
  private ended = Promise.withResolvers<void>()
  private current: SlackState | { status: 'connected' } = { status: 'checking' }
  private running: Promise<void> | undefined

  constructor(options: SocketModeOptions) {
    this.options = options
    const { appToken, clientOptions, logger } = options
    this.client = new SocketModeClient({
      appToken,
      autoReconnectEnabled: false,
      // Its own copy, as the client changes what it is given.
      clientOptions: { ...clientOptions, retryConfig: { retries: 0 } },
      logger: boltLogger(logger),
    })
    this.client.on('disconnected', () => this.ended.resolve())
    this.client.on('slack_event', (request: SocketRequest) => void this.take(request))
  }

  /** Connects in the background, and stays connected until `stop`. */
  start(): void {
    this.running ??= this.stayConnected()
  }

  state(): SlackState | { status: 'connected' } {
    return this.current
  }

  /** Takes nothing new, ends once running requests have been answered, and closes the socket. */
  async stop(): Promise<void> {
    this.stopping.abort()
    await this.options.dispatcher.stop()
    await this.disconnect()
    await this.running
  }

  private async stayConnected(): Promise<void> {
    let pauseMs = FIRST_PAUSE_MS
    while (!this.stopping.signal.aborted) {
      const startedAt = performance.now()
      const retryAfterMs = await this.connectUntilEnded()
      const hasLasted = retryAfterMs === 0 && performance.now() - startedAt > LASTING_MS
      if (hasLasted) {
        pauseMs = FIRST_PAUSE_MS
        continue
      }
      await this.pause(Math.max(pauseMs, retryAfterMs))
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
    }
  }

  /** Ends when the connection does, and says how long Slack asks to wait. */
  private async connectUntilEnded(): Promise<number> {
    const { logger } = this.options
    this.ended = Promise.withResolvers()
    const connection = this.client.start()
    // Without a greeting its promise may never settle.
    if (!(await endsWithin(connection, GREETED_WITHIN_MS))) {
      this.current = { status: 'unreachable', reason: 'the socket was not greeted' }
      connection.catch(() => {})
      await this.disconnect()
      return 0
    }
    try {
      await connection
    } catch (error) {
      if (!this.stopping.signal.aborted) this.refused(error)
      return error instanceof WebAPIRateLimitedError ? error.retryAfter * 1000 : 0
    }
    // Begun before `stop`, which saw no socket to close.
    if (this.stopping.signal.aborted) await this.disconnect()
    this.current = { status: 'connected' }
    logger.info('The socket to Slack is open')
    await this.ended.promise
    this.current = { status: 'unreachable', reason: 'the socket is closed' }
    logger.info('The socket to Slack is closed')
    return 0
  }

  private refused(error: unknown): void {
    const { logger } = this.options
    const code = error instanceof WebAPIPlatformError ? error.data.error : undefined
    if (code !== undefined && !isTransient(code)) {
      this.current = { status: 'rejected', reason: code }
      logger.error({ reason: code }, 'Slack refuses SLACK_APP_TOKEN: set a new app-level token')
      return
    }
    // The client gives no reason where a socket breaks before the greeting.
    this.current = {
      status: 'unreachable',
      reason: code ?? (error instanceof Error ? error.message : 'the socket broke'),
    }
    logger.warn({ err: error }, 'The socket to Slack cannot be opened; trying again')
  }

  private async take({ ack, body, envelope_id: id, ...retry }: SocketRequest): Promise<void> {
    // Not acknowledged, it comes again: to another server, or to this one's successor.
    if (this.stopping.signal.aborted) return
    const { dispatcher, logger } = this.options
    const outcome = await dispatcher.dispatch({
      body,
      requestId: id,
      retry: {
        ...(retry.retry_num === undefined ? {} : { retryNum: retry.retry_num }),
        ...(retry.retry_reason === undefined ? {} : { retryReason: retry.retry_reason }),
      },
    })
    // Of what is not acknowledged Slack tells the person, and delivers an event again.
    if (outcome.kind !== 'acknowledged') return
    try {
      await ack(outcome.response as Record<string, unknown> | string | undefined)
    } catch (error) {
      logger.warn({ err: error, requestId: id }, 'The socket closed before a request was acknowledged')
    }
  }

  private async disconnect(): Promise<void> {
    const goodbye = this.client.disconnect()
    if (!(await endsWithin(goodbye, GOODBYE_WITHIN_MS))) await this.client.disconnect()
  }

  private async pause(milliseconds: number): Promise<void> {
    // Aborted by `stop`, which is how the pause is to end then.
    await delay(milliseconds, undefined, { signal: this.stopping.signal }).catch(() => {})
  }
}
