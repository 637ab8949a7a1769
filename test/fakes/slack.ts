import { Hono } from 'hono'
import { signBody } from '../../bot/index.ts'
import { serveOnLoopback } from '../../demo/loopback.ts'
import { checkMessage, type CheckedMessage } from './slack-limits.ts'

export const SIGNING_SECRET = '8f742231b10e8888abcd99yyyzzz85a5'
export const BOT_TOKEN = 'xoxb-2222-secret'

type AuthTestAnswer =
  | { ok: true; team: string; bot_id: string; user_id: string }
  | { ok: false; error: string }
  | number

export interface FakeSlack {
  apiUrl: string
  /** Where late answers go. */
  responseUrl: string
  /** How many times the token was asked about. */
  authTests(): number
  /** The next message posted to `responseUrl`, checked against Slack's limits. */
  nextResponse(): Promise<CheckedMessage>
  close(): Promise<void>
}

/** Slack's side of the bot, on the loopback. `authTest` answers `auth.test`; a number is an HTTP status. */
export async function startFakeSlack(
  authTest: () => AuthTestAnswer = () => ({ ok: true, team: 'Acme', bot_id: 'B1', user_id: 'U1BOT' }),
): Promise<FakeSlack> {
  let authTests = 0
  const responses: Promise<CheckedMessage>[] = []
  const readers: ((message: Promise<CheckedMessage>) => void)[] = []
  const app = new Hono()
  app.post('/api/auth.test', (c) => {
    authTests += 1
    const answer = c.req.header('authorization') === `Bearer ${BOT_TOKEN}` ? authTest() : NOT_AUTHED
    return typeof answer === 'number' ? c.body(null, answer as 500) : c.json(answer)
  })
  app.post('/response', async (c) => {
    const message = c.req.json().then(checkMessage)
    const reader = readers.shift()
    if (reader) reader(message)
    else responses.push(message)
    return c.text('ok')
  })
  const server = await serveOnLoopback(app)
  return {
    apiUrl: `${server.url}/api/`,
    responseUrl: `${server.url}/response`,
    authTests: () => authTests,
    nextResponse: () => responses.shift() ?? new Promise((resolve) => void readers.push(resolve)),
    close: server.close,
  }
}

const NOT_AUTHED = { ok: false, error: 'not_authed' } as const

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

/** The form that Slack posts for a slash command. */
export function commandForm(text: string, changes: Record<string, string> = {}): string {
  return new URLSearchParams({
    command: '/credits',
    text,
    user_id: 'U07ABC',
    user_name: 'ada',
    team_id: 'T01',
    team_domain: 'acme',
    channel_id: 'C1',
    channel_name: 'general',
    api_app_id: 'A1',
    trigger_id: '1.2.3',
    response_url: 'http://127.0.0.1:9/none',
    ...changes,
  }).toString()
}

/** Types a command and reads the answer, which must be one that Slack shows. */
export async function typeCommand(
  serverUrl: string,
  text: string,
  changes: Record<string, string> = {},
): Promise<CheckedMessage> {
  const response = await postSigned(serverUrl, commandForm(text, changes))
  if (response.status !== 200) throw new Error(`Answered ${response.status}: ${await response.text()}`)
  return checkMessage(await response.json())
}
