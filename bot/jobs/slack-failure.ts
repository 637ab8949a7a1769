import { webApi } from '@slack/bolt'

/** What a failed call to Slack means for the job that made it. */
export type SlackFailure =
  /** Slack did nothing, and says when to ask again. */
  | { kind: 'rate_limited'; retryAfterMs: number }
  /** Slack did nothing, and will not: a person has to change something first. */
  | { kind: 'refused'; reason: string }
  /** Nobody knows whether Slack did it. */
  | { kind: 'unknown' }

/** Slack's own trouble. All its other refusals stay until somebody changes a channel, a scope or the app. */
const TRANSIENT = new Set([
  'accesslimited',
  'fatal_error',
  'internal_error',
  'request_timeout',
  'rollup_error',
  'service_unavailable',
  'team_added_to_org',
])

const FIRST_RATE_LIMIT_PAUSE_MS = 30_000

/** Reads a Web API error. What is none is ambiguous: the call may have been made. */
export function slackFailure(error: unknown): SlackFailure {
  if (error instanceof webApi.WebAPIRateLimitedError) {
    return { kind: 'rate_limited', retryAfterMs: Math.max(1, error.retryAfter) * 1000 }
  }
  if (!(error instanceof webApi.WebAPIPlatformError)) return { kind: 'unknown' }
  const reason = error.data.error
  if (reason === 'ratelimited' || reason === 'rate_limited' || reason === 'message_limit_exceeded') {
    return { kind: 'rate_limited', retryAfterMs: FIRST_RATE_LIMIT_PAUSE_MS }
  }
  // These say that Slack stumbled somewhere on its way.
  if (TRANSIENT.has(reason)) return { kind: 'unknown' }
  return { kind: 'refused', reason }
}
