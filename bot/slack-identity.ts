import { webApi } from '@slack/bolt'
import type { Logger } from './log.ts'

/** What Slack says about the bot token, or the app's. */
export type SlackState =
  | { status: 'checking' }
  | { status: 'ready'; team: string }
  /** There is no token of one workspace: any may install the app. */
  | { status: 'installable' }
  /** Slack was reached and refuses the token. */
  | { status: 'rejected'; reason: string }
  | { status: 'unreachable'; reason: string }

const FIRST_RETRY_MS = 5_000
const LONGEST_RETRY_MS = 300_000

/** Slack's own trouble, which says nothing about the token. */
const TRANSIENT_ERRORS = new Set([
  'fatal_error',
  'internal_error',
  'ratelimited',
  'request_timeout',
  'service_unavailable',
])

/** Whether the same call may succeed later, with the same token. */
export const isTransient = (refusal: string): boolean => TRANSIENT_ERRORS.has(refusal)

export interface SlackIdentity {
  state(): SlackState
  /** What Bolt is to know of the bot; the ids are missing until Slack told them. */
  authorization(): { botToken: string; botId?: string; botUserId?: string }
  stop(): Promise<void>
}

/**
 * Asks Slack once who the token belongs to (`auth.test`), and again, ever more rarely, until it says so.
 *
 * Bolt would do it itself, but asks twice and leaves the second answer unawaited: a refusal there ends the process.
 */
export function identify(client: webApi.WebClient, botToken: string, logger: Logger): SlackIdentity {
  let state: SlackState = { status: 'checking' }
  let ids: { botId?: string; botUserId?: string } = {}
  let isStopped = false
  let timer: NodeJS.Timeout | undefined
  let running = check(FIRST_RETRY_MS)
  return {
    state: () => state,
    authorization: () => ({ botToken, ...ids }),
    async stop() {
      isStopped = true
      clearTimeout(timer)
      await running
    },
  }

  async function check(retryMs: number): Promise<void> {
    try {
      const answer = await client.auth.test({ token: botToken })
      ids = {
        ...(answer.bot_id === undefined ? {} : { botId: answer.bot_id }),
        ...(answer.user_id === undefined ? {} : { botUserId: answer.user_id }),
      }
      state = { status: 'ready', team: answer.team ?? answer.team_id ?? 'unknown' }
      logger.info({ team: state.team }, 'Slack knows the bot token')
      return
    } catch (error) {
      state = stateOf(error)
      if (state.status === 'rejected') {
        logger.error(
          { reason: state.reason },
          'Slack refuses SLACK_BOT_TOKEN: reinstall the app and set its new token',
        )
      } else {
        logger.warn({ err: error }, 'Slack cannot be reached to check SLACK_BOT_TOKEN; trying again')
      }
    }
    if (isStopped) return
    timer = setTimeout(() => {
      running = check(Math.min(retryMs * 2, LONGEST_RETRY_MS))
    }, retryMs).unref()
  }
}

function stateOf(error: unknown): SlackState {
  const refusal = error instanceof webApi.WebAPIPlatformError ? error.data.error : undefined
  if (refusal !== undefined && !isTransient(refusal)) return { status: 'rejected', reason: refusal }
  return {
    status: 'unreachable',
    reason: refusal ?? (error instanceof Error ? error.message : String(error)),
  }
}
