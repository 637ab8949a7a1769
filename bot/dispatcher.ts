import type { AckFn, App, Receiver, ReceiverEvent } from '@slack/bolt'
import type { Logger } from './log.ts'
import { NotInstalled } from './not-installed.ts'
import type { SlackBody } from './slack-body.ts'
import { notInstalled, somethingWentWrong, unknownCommand } from './views/notices.ts'

/** One of Slack's requests, whichever way it came. */
export interface SlackRequest {
  readonly body: SlackBody
  readonly requestId: string
  /** Which repetition it is, where Slack says so. */
  readonly retry?: Pick<ReceiverEvent, 'retryNum' | 'retryReason'>
}

/** How a request ended, as far as Slack is to know. */
export type Outcome =
  /** `response` is shown, or tells Slack what to do with a modal; undefined where there is nothing to say. */
  | { kind: 'acknowledged'; response: unknown }
  /** No listener took it. */
  | { kind: 'unanswered' }
  | { kind: 'failed' }

/**
 * Takes Slack's requests to the listeners of a Bolt app. It answers as soon as a listener acknowledges, or all are
 * done (Bolt waits 3 s where nothing acknowledges), tells the person when a command fails, and on stop waits for work
 * still running.
 */
export class Dispatcher implements Receiver {
  private readonly logger: Logger
  private readonly running = new Set<Promise<void>>()
  private app: App | undefined

  constructor(logger: Logger) {
    this.logger = logger
  }

  init(app: App): void {
    this.app = app
  }

  /** Nothing to do: what brings the requests is not the dispatcher's. */
  async start(): Promise<void> {}

  /** Ends once everything ended that requests began, also after they were acknowledged. */
  async stop(): Promise<void> {
    while (this.running.size > 0) await Promise.all(this.running)
  }

  /** Ends when the request is answered; listeners may work on after that. */
  dispatch({ body, requestId, retry }: SlackRequest): Promise<Outcome> {
    const { app } = this
    if (app === undefined) throw new Error('The dispatcher belongs to no Bolt app yet.')
    const outcome = Promise.withResolvers<Outcome>()
    let isAcknowledged = false
    const ack: AckFn<unknown> = async (response) => {
      if (isAcknowledged) throw new Error('The request was acknowledged already.')
      isAcknowledged = true
      outcome.resolve({ kind: 'acknowledged', response: response === '' ? undefined : response })
    }
    const work = app.processEvent({ body, ack, customProperties: { requestId }, ...retry }).then(
      () => outcome.resolve(unanswered(body)),
      (error: unknown) => outcome.resolve(this.failed(error, body, requestId, isAcknowledged)),
    )
    this.track(work)
    return outcome.promise
  }

  private failed(error: unknown, body: SlackBody, requestId: string, isAcknowledged: boolean): Outcome {
    const reason = unwrap(error)
    if (reason instanceof NotInstalled) {
      this.logger.warn({ requestId }, 'Slack sent something for a workspace without the app')
      // An event would come again and again.
      return saying(body, notInstalled) ?? { kind: 'acknowledged', response: undefined }
    }
    this.logger.error({ err: reason, requestId, isAcknowledged }, 'A Slack listener failed')
    // For a failure Slack shows `dispatch_failed` to who typed a command, but shows what a command says.
    return saying(body, somethingWentWrong(requestId)) ?? { kind: 'failed' }
  }

  private track(work: Promise<void>): void {
    this.running.add(work)
    void work.finally(() => this.running.delete(work))
  }
}

function unanswered(body: SlackBody): Outcome {
  const { command } = body
  if (typeof command !== 'string') return { kind: 'unanswered' }
  return saying(body, unknownCommand(command)) ?? { kind: 'unanswered' }
}

/** An answer to a command; other requests are answered without words. */
function saying(body: SlackBody, message: object): Outcome | undefined {
  if (typeof body['command'] !== 'string') return undefined
  return { kind: 'acknowledged', response: { response_type: 'ephemeral', ...message } }
}

/** Bolt wraps what our `authorize` throws, and errors that have no code of their own. */
const unwrap = (error: unknown): unknown =>
  error instanceof Error && 'original' in error ? error.original : error
