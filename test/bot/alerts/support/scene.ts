import { expect, vi } from 'vitest'
import { createLogger } from '../../../../bot/log.ts'
import { type CreditLedger, openCredits } from '../../../../src/index.ts'
import { type Call, type FakeSlack, startFakeSlack, type StoredMessage } from '../../../fakes/slack.ts'
import { createTestDatabase } from '../../../support/database.ts'
import { tokenOf } from '../../jobs/support/workspaces.ts'
import { Episode } from './episodes.ts'
import { type AlertStack, startAlerts, type StackOptions } from './stack.ts'

/** The account of the workspace T01. */
export const ACCOUNT = 'slack:T01'

/** A ledger, a Slack, and servers that deliver alerts from one to the other. */
export class Scene {
  readonly ledger: CreditLedger
  readonly slack: FakeSlack
  readonly stacks: AlertStack[] = []
  readonly lines: string[] = []

  constructor(ledger: CreditLedger, slack: FakeSlack) {
    this.ledger = ledger
    this.slack = slack
  }

  start(options: Partial<StackOptions> = {}): AlertStack {
    const logger = createLogger('info', { write: (line) => void this.lines.push(line) })
    const stack = startAlerts({ ledger: this.ledger, logger, apiUrl: this.slack.apiUrl, ...options })
    this.stacks.push(stack)
    return stack
  }

  begin(terms?: Parameters<typeof Episode.begin>[2], account = ACCOUNT): Promise<Episode> {
    return Episode.begin(this.ledger, account, terms)
  }

  shown(channel = 'CADMIN'): readonly StoredMessage[] {
    return this.slack.messages(channel)
  }

  /** The first sentence of each message. */
  titles(channel?: string): (string | undefined)[] {
    return this.shown(channel).map(({ text }) => text.split('.')[0])
  }

  calls(method: string): readonly Call[] {
    return this.slack.calls.all().filter((call) => call.method === method)
  }

  /** Ends when every change was taken, and every job for it has ended. */
  async settled(): Promise<void> {
    const { sql } = this.ledger.database
    await until(async () => {
      const [left] = await sql<{ jobs: number; changes: number }[]>`
        select
          (select count(*)::int from agent_credits_jobs.job where name like 'alert-%'
            and state in ('created', 'retry', 'active') and start_after < now() + interval '1 minute') as jobs,
          (select count(*)::int from alerts where taken_version < version) as changes`
      return left?.jobs === 0 && left.changes === 0
    })
  }
}

export const until = (condition: () => boolean | Promise<boolean>): Promise<boolean> =>
  vi.waitUntil(condition, { timeout: 20_000, interval: 20 })

/**
 * A test on a database and a Slack of its own, so that many can run at once.
 *
 * @example it.concurrent('is shown', inScene(async (scene) => …))
 */
export const inScene = (play: (scene: Scene) => Promise<void>) => async (): Promise<void> => {
  const database = await createTestDatabase()
  const ledger = await openCredits({ url: database.url, journal: false })
  const slack = await startFakeSlack()
  const scene = new Scene(ledger, slack)
  try {
    slack.grant(tokenOf('T01'), 'T01')
    for (const account of [ACCOUNT, `${ACCOUNT}:U07ABC`]) {
      await ledger.grant(account, { type: 'free', amount: '5.25', key: 'first' })
    }
    await play(scene)
  } finally {
    await Promise.all(scene.stacks.map((stack) => stack.stop()))
    await slack.close()
    await ledger.close()
    await database.drop()
  }
  expect(slack.takeViolations()).toEqual([])
}
