import {
  accountPerWorkspace,
  createLogger,
  createServer,
  type CreditsServer,
  type Readiness,
  type ServerOptions,
  type SlackConnection,
  type SlackTerms,
} from '../../../bot/index.ts'
import { type CreditLedger, openCredits, type OpenOptions } from '../../../src/index.ts'
import { APP_TOKEN, BOT_TOKEN, type FakeSlack, SIGNING_SECRET, startFakeSlack } from '../../fakes/slack.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'

type LogLine = Record<string, unknown> & { msg: string }

export interface Bot {
  database: TestDatabase
  ledger: CreditLedger
  /** Delivers to the server; `slack.person('U1').command('/credits')`. */
  slack: FakeSlack
  server: CreditsServer
  /** What the server logged, oldest first. */
  logged(message: string): LogLine[]
  loggedLines(): readonly string[]
  readyz(): Promise<{ status: number; report: Readiness }>
  /**
   * Stops everything.
   *
   * @throws Error where the bot broke one of Slack's rules
   */
  close(): Promise<void>
}

export const TRANSPORTS = ['http', 'socket'] as const
export type Transport = (typeof TRANSPORTS)[number]

const CONNECTIONS: Readonly<Record<Transport, SlackConnection>> = {
  http: { signingSecret: SIGNING_SECRET, botToken: BOT_TOKEN },
  socket: { appToken: APP_TOKEN, botToken: BOT_TOKEN },
}

export interface BotOptions {
  /** False: a server without Slack. */
  withSlack?: boolean
  /** Prepares Slack before the server starts. */
  prepare?: (slack: FakeSlack) => void
  /** How Slack reaches the bot. Default: over HTTP. */
  transport?: Transport
  /** With other tokens, or for many workspaces. Default: as the transport needs it, for one workspace. */
  connection?: SlackConnection
  /** What the bot is told beside; e.g. `settings` or `accountOf`. */
  slack?: SlackTerms
  server?: Partial<Omit<ServerOptions, 'ledger' | 'slack'>>
  ledger?: OpenOptions
}

/** The real server on a free port, with a ledger on a database of its own and a Slack that is ours. */
export async function startBot({
  withSlack = true,
  prepare,
  transport = 'http',
  connection = CONNECTIONS[transport],
  slack: slackOptions,
  server: serverOptions,
  ledger: ledgerOptions,
}: BotOptions = {}): Promise<Bot> {
  const database = await createTestDatabase()
  const ledger = await openCredits({ ...ledgerOptions, url: database.url })
  const slack = await startFakeSlack()
  prepare?.(slack)
  const lines: string[] = []
  const server = await createServer({
    ledger,
    port: 0,
    logger: createLogger('debug', { write: (line) => void lines.push(line) }),
    slack: withSlack
      ? {
          ...connection,
          apiUrl: slack.apiUrl,
          accountOf: accountPerWorkspace,
          ...slackOptions,
        }
      : undefined,
    ...serverOptions,
  })
  if (transport === 'http') slack.deliverTo(server.url)
  else {
    slack.deliverTo(undefined)
    await slack.sockets.connected()
  }
  return {
    database,
    ledger,
    slack,
    server,
    logged: (message) =>
      lines.map((line) => JSON.parse(line) as LogLine).filter((line) => line.msg === message),
    loggedLines: () => lines,
    async readyz() {
      const response = await fetch(`${server.url}/readyz`)
      return { status: response.status, report: (await response.json()) as Readiness }
    },
    async close() {
      await server.stop()
      await slack.close()
      await ledger.close()
      await database.drop()
      slack.assertNoViolations()
    },
  }
}
