import { randomBytes } from 'node:crypto'
import { Hono } from 'hono'
import { createLogger, createServer, fixedAccount, type Message, signBody } from '../bot/index.ts'
import type { CreditLedger } from '../src/credits.ts'
import { type LoopbackServer, serveOnLoopback } from './loopback.ts'

/** What Slack posts when somebody types `/credits`. */
const COMMAND = {
  command: '/credits',
  text: '',
  user_id: 'U07DEMO',
  team_id: 'T07DEMO',
  channel_id: 'C07DEMO',
  trigger_id: '1.2.demo',
  response_url: 'http://127.0.0.1:9/unused',
}

/**
 * Runs the bot's server and types `/credits` into it the way Slack does: a signed form over HTTP. Slack itself is
 * a stand-in on the loopback that knows the bot's token.
 */
export async function typeCreditsInSlack(
  ledger: CreditLedger,
  account: string,
): Promise<{ url: string; message: Message }> {
  const signingSecret = randomBytes(16).toString('hex')
  const slack = await startSlackStandIn()
  const server = await createServer({
    ledger,
    slack: {
      signingSecret,
      botToken: 'xoxb-demo',
      apiUrl: `${slack.url}/api/`,
      accountOf: fixedAccount(account),
    },
    port: 0,
    logger: createLogger('warn'),
  })
  try {
    const url = `${server.url}/slack/events`
    return { url, message: await postSigned(url, new URLSearchParams(COMMAND).toString(), signingSecret) }
  } finally {
    await server.stop()
    await slack.close()
  }
}

async function postSigned(url: string, body: string, signingSecret: string): Promise<Message> {
  const timestamp = Math.floor(Date.now() / 1000).toString()
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': signBody(body, timestamp, signingSecret),
    },
    body,
  })
  if (!response.ok)
    throw new Error(`The server answered /credits with ${response.status}: ${await response.text()}`)
  return (await response.json()) as Message
}

function startSlackStandIn(): Promise<LoopbackServer> {
  const app = new Hono().post('/api/auth.test', (c) =>
    c.json({ ok: true, team: 'Demo', team_id: 'T07DEMO', user_id: 'U07BOT', bot_id: 'B07BOT' }),
  )
  return serveOnLoopback(app)
}
