import type { ReceiverEvent } from '@slack/bolt'
import type { Context } from 'hono'
import type { Dispatcher, Outcome } from './dispatcher.ts'
import type { Logger } from './log.ts'
import type { ServerEnvironment } from './request.ts'
import { refuseSignature } from './signature.ts'
import { isCertificateCheck, parseSlackBody } from './slack-body.ts'

export interface ReceiverOptions {
  signingSecret: string
  dispatcher: Dispatcher
  logger: Logger
  /** Told of requests that Slack did not sign. */
  onRefused?: (() => void) | undefined
}

/** What takes Slack's requests over HTTP. */
export interface SlackReceiver {
  handle(c: Context<ServerEnvironment>): Promise<Response>
}

/**
 * Takes Slack's signed requests from a Hono route. It differs from Bolt's own receivers in that it refuses timestamps
 * of the future too, and accepts a charset in the content type.
 *
 * @example
 * hono.post('/slack/events', (c) => receiver.handle(c))
 */
export class HttpReceiver implements SlackReceiver {
  private readonly options: ReceiverOptions

  constructor(options: ReceiverOptions) {
    this.options = options
  }

  async handle(c: Context<ServerEnvironment>): Promise<Response> {
    const requestId = c.get('requestId')
    const bytes = new Uint8Array(await c.req.arrayBuffer())
    const contentType = c.req.header('content-type')
    if (isCertificateCheck(bytes, contentType)) return c.body(null, 200)

    const signed = {
      body: bytes,
      timestamp: c.req.header('x-slack-request-timestamp'),
      signature: c.req.header('x-slack-signature'),
    }
    const { signingSecret, dispatcher, logger, onRefused } = this.options
    const refusal = refuseSignature(signed, signingSecret, new Date())
    if (refusal !== null) {
      onRefused?.()
      logger.warn({ requestId, reason: refusal }, 'Refused a request that Slack did not sign')
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
    return answer(c, await dispatcher.dispatch({ body, requestId, retry: retryOf(c) }))
  }
}

/** In Socket Mode nothing comes over HTTP, and nobody's signature could be checked. */
export const closedReceiver: SlackReceiver = {
  handle: async (c) =>
    c.json({ error: 'socket_mode', message: 'Slack reaches this server by Socket Mode only.' }, 404),
}

function answer(c: Context<ServerEnvironment>, outcome: Outcome): Response {
  switch (outcome.kind) {
    case 'acknowledged': {
      const { response } = outcome
      if (response === undefined) return c.body(null, 200)
      return typeof response === 'string' ? c.text(response) : c.json(response)
    }
    case 'unanswered':
      return c.body(null, 404)
    case 'failed':
      // Slack delivers an event again.
      return c.json({ error: 'internal', ref: c.get('requestId') }, 500)
    default:
      return outcome satisfies never
  }
}

function retryOf(c: Context): Pick<ReceiverEvent, 'retryNum' | 'retryReason'> {
  const count = Number(c.req.header('x-slack-retry-num'))
  const reason = c.req.header('x-slack-retry-reason')
  return {
    ...(Number.isInteger(count) && count > 0 ? { retryNum: count } : {}),
    ...(reason === undefined ? {} : { retryReason: reason }),
  }
}
