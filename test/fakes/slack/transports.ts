import { signBody } from '../../../bot/index.ts'
import type { Fields } from './calls.ts'

export const SIGNING_SECRET = '8f742231b10e8888abcd99yyyzzz85a5'

/** What Slack sends to the app. */
export interface Delivery {
  readonly kind: 'slash_commands' | 'interactive' | 'events_api'
  readonly payload: Fields
  /** Told where Slack delivers an event again and says so. */
  readonly retry?: { readonly count: number; readonly reason: string }
}

export interface Acknowledgement {
  readonly status: number
  /** What the app said; undefined where it said nothing. */
  readonly body: unknown
  readonly tookMs: number
}

/** How deliveries reach the app. */
export type Transport = (delivery: Delivery) => Promise<Acknowledgement>

export interface PostOptions {
  contentType?: string
  /** Seconds that the sender's clock is ahead. */
  clockSkewSeconds?: number
  /** Headers that replace the signed ones; undefined leaves one out. */
  headers?: Record<string, string | undefined>
}

/** Posts a body to the server the way Slack does. */
export function postSigned(serverUrl: string, body: string, options: PostOptions = {}): Promise<Response> {
  const timestamp = String(Math.floor(Date.now() / 1000) + (options.clockSkewSeconds ?? 0))
  const headers = {
    'content-type': options.contentType ?? 'application/x-www-form-urlencoded',
    'x-slack-request-timestamp': timestamp,
    'x-slack-signature': signBody(body, timestamp, SIGNING_SECRET),
    ...options.headers,
  }
  return fetch(`${serverUrl}/slack/events`, {
    method: 'POST',
    headers: Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined),
    body,
  })
}

/** Delivers signed requests to the server. */
export const overHttp =
  (serverUrl: string): Transport =>
  async ({ kind, payload, retry }) => {
    const startedAt = performance.now()
    const isEvent = kind === 'events_api'
    const response = await postSigned(serverUrl, encode(kind, payload), {
      ...(isEvent ? { contentType: 'application/json' } : {}),
      ...(retry === undefined
        ? {}
        : { headers: { 'x-slack-retry-num': String(retry.count), 'x-slack-retry-reason': retry.reason } }),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.startsWith('application/json') === true
    return {
      status: response.status,
      body: text === '' ? undefined : isJson ? (JSON.parse(text) as unknown) : text,
      tookMs: performance.now() - startedAt,
    }
  }

function encode(kind: Delivery['kind'], payload: Fields): string {
  if (kind === 'events_api') return JSON.stringify(payload)
  const form = kind === 'interactive' ? { payload: JSON.stringify(payload) } : payload
  return new URLSearchParams(
    Object.entries(form).map(([name, value]): [string, string] => [name, String(value)]),
  ).toString()
}
