import type { AckFn, App, Receiver, ReceiverEvent } from '@slack/bolt'
import type { Context } from 'hono'
import type { Logger } from './log.ts'
import type { ServerEnvironment } from './request.ts'
import { refuseSignature } from './signature.ts'
import { isCertificateCheck, parseSlackBody, type SlackBody } from './slack-body.ts'
import { somethingWentWrong, unknownCommand } from './views/notices.ts'

export interface ReceiverOptions {
  signingSecret: string
  logger: Logger
}

/**
 * Takes Slack's requests from a Hono route to a Bolt app. It differs from Bolt's own receivers in that it
 * refuses timestamps of the future too, accepts a charset in the content type, answers at once where nothing
 * acknowledged (Bolt waits 3 s), tells the person when a command fails, and on stop waits for work still running.
 *
 * @example
 * const receiver = new SlackReceiver({ signingSecret, logger })
 * const app = new App({ receiver, authorize, deferInitialization: true })
 * hono.post('/slack/events', (c) => receiver.handle(c))
 */
export class SlackReceiver implements Receiver {
  private readonly options: ReceiverOptions
  private readonly running = new Set<Promise<void>>()
  private app: App | undefined

  constructor(options: ReceiverOptions) {
    this.options = options
  }

  init(app: App): void {
    this.app = app
  }

  /** Nothing to do: the HTTP server is not the receiver's. */
  async start(): Promise<void> {}

  /** Ends once everything ended that requests began, also after they were acknowledged. */
  async stop(): Promise<void> {
    while (this.running.size > 0) await Promise.all(this.running)
  }

  async handle(c: Context<ServerEnvironment>): Promise<Response> {
    const logger = this.options.logger.child({ requestId: c.get('requestId') })
    const bytes = new Uint8Array(await c.req.arrayBuffer())
    const contentType = c.req.header('content-type')
    if (isCertificateCheck(bytes, contentType)) return c.body(null, 200)

    const signed = {
      body: bytes,
      timestamp: c.req.header('x-slack-request-timestamp'),
      signature: c.req.header('x-slack-signature'),
    }
    const refusal = refuseSignature(signed, this.options.signingSecret, new Date())
    if (refusal !== null) {
      logger.warn({ reason: refusal }, 'Refused a request that Slack did not sign')
      return c.json({ error: 'invalid_signature', message: `Not signed by Slack: ${refusal}.` }, 401)
    }
    const body = parseSlackBody(bytes, contentType)
    if (body === undefined) {
      return c.json(
        { error: 'malformed_body', message: 'The body is neither a form nor a JSON object.' },
        400,
      )
    }
    if (body['type'] === 'url_verification') return c.json({ challenge: body['challenge'] })
    return this.dispatch(c, body, logger)
  }

  /** Answers as soon as a listener acknowledges, or all are done; listeners may work on after that. */
  private dispatch(c: Context<ServerEnvironment>, body: SlackBody, logger: Logger): Promise<Response> {
    const { app } = this
    if (app === undefined) throw new Error('The receiver belongs to no Bolt app yet.')
    const requestId = c.get('requestId')
    const answer = Promise.withResolvers<Response>()
    let isAcknowledged = false
    const ack: AckFn<unknown> = async (response) => {
      if (isAcknowledged) throw new Error('The request was acknowledged already.')
      isAcknowledged = true
      answer.resolve(acknowledgement(c, response))
    }
    const event: ReceiverEvent = { body, ack, customProperties: { requestId }, ...retryOf(c) }
    const work = app.processEvent(event).then(
      () => answer.resolve(unanswered(c, body)),
      (error: unknown) => {
        logger.error({ err: unwrap(error), isAcknowledged }, 'A Slack listener failed')
        answer.resolve(failed(c, body, requestId))
      },
    )
    this.track(work)
    return answer.promise
  }

  private track(work: Promise<void>): void {
    this.running.add(work)
    void work.finally(() => this.running.delete(work))
  }
}

function acknowledgement(c: Context, response: unknown): Response {
  if (response === undefined || response === '') return c.body(null, 200)
  return typeof response === 'string' ? c.text(response) : c.json(response)
}

/** Nobody acknowledged. Slack shows a person nothing useful for an error status, but shows what a command says. */
function unanswered(c: Context, body: SlackBody): Response {
  const command = commandOf(body)
  return command === undefined ? c.body(null, 404) : c.json(ephemeral(unknownCommand(command)))
}

/** For an error status Slack shows `dispatch_failed` to who typed a command, and delivers an event again. */
function failed(c: Context, body: SlackBody, requestId: string): Response {
  if (commandOf(body) === undefined) return c.json({ error: 'internal', ref: requestId }, 500)
  return c.json(ephemeral(somethingWentWrong(requestId)))
}

const ephemeral = <Message extends object>(message: Message) => ({ response_type: 'ephemeral', ...message })

const commandOf = (body: SlackBody): string | undefined =>
  typeof body['command'] === 'string' ? body['command'] : undefined

/** Bolt wraps errors that have no code of their own. */
const unwrap = (error: unknown): unknown =>
  error instanceof Error && 'original' in error ? error.original : error

function retryOf(c: Context): { retryNum?: number; retryReason?: string } {
  const count = Number(c.req.header('x-slack-retry-num'))
  const reason = c.req.header('x-slack-retry-reason')
  return {
    ...(Number.isInteger(count) && count > 0 ? { retryNum: count } : {}),
    ...(reason === undefined ? {} : { retryReason: reason }),
  }
}
