import {
  accountPerWorkspace,
  createLogger,
  createServer,
  type CreditsServer,
  type Readiness,
} from '../../../bot/index.ts'
import { type CreditLedger, openCredits } from '../../../src/index.ts'
import { BOT_TOKEN, type FakeSlack, SIGNING_SECRET, startFakeSlack } from '../../fakes/slack.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'

type LogLine = Record<string, unknown> & { msg: string }

export interface Bot {
  database: TestDatabase
  ledger: CreditLedger
  slack: FakeSlack
  server: CreditsServer
  /** What the server logged, oldest first. */
  logged(message: string): LogLine[]
  readyz(): Promise<{ status: number; report: Readiness }>
  close(): Promise<void>
}

export interface BotOptions {
  authTest?: Parameters<typeof startFakeSlack>[0]
  /** False: a server without Slack. */
  withSlack?: boolean
}

/** The real server on a free port, with a ledger on a database of its own and a Slack that is ours. */
export async function startBot({ authTest, withSlack = true }: BotOptions = {}): Promise<Bot> {
  const database = await createTestDatabase()
  const ledger = await openCredits({ url: database.url })
  const slack = await startFakeSlack(authTest)
  const lines: string[] = []
  const server = await createServer({
    ledger,
    port: 0,
    logger: createLogger('debug', { write: (line) => void lines.push(line) }),
    slack: withSlack
      ? {
          signingSecret: SIGNING_SECRET,
          botToken: BOT_TOKEN,
          apiUrl: slack.apiUrl,
          accountOf: accountPerWorkspace,
        }
      : undefined,
  })
  return {
    database,
    ledger,
    slack,
    server,
    logged: (message) =>
      lines.map((line) => JSON.parse(line) as LogLine).filter((line) => line.msg === message),
    async readyz() {
      const response = await fetch(`${server.url}/readyz`)
      return { status: response.status, report: (await response.json()) as Readiness }
    },
    async close() {
      await server.stop()
      await slack.close()
      await ledger.close()
      await database.drop()
    },
  }
}
