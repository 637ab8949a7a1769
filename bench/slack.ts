import { createLogger, createServer, fixedAccount } from '../bot/index.ts'
import type { CreditLedger } from '../src/index.ts'
import { BOT_TOKEN, SIGNING_SECRET, startFakeSlack } from '../test/fakes/slack.ts'
import { LARGE } from './growth.ts'
import { median } from './load.ts'
import type { Scale } from './scale.ts'
import { typeCredits } from './slack-people.ts'

export interface Slack {
  /** How long 50 people who type `/credits` at once wait until it is acknowledged, on the account with the calls. */
  slack: { ackP50Ms: number; ackP95Ms: number }
}

const PEOPLE = 50
const WARM_UP_ROUNDS = 20

/** The answer is the acknowledgement: what is measured is all that the balance takes, and its way over HTTP. */
export async function measureSlack(ledger: CreditLedger, scale: Scale): Promise<Slack> {
  const slack = await startFakeSlack()
  const server = await createServer({
    ledger,
    port: 0,
    logger: createLogger('error'),
    slack: {
      signingSecret: SIGNING_SECRET,
      botToken: BOT_TOKEN,
      apiUrl: slack.apiUrl,
      accountOf: fixedAccount(LARGE),
    },
  })
  const rounds = WARM_UP_ROUNDS + scale.slackRounds
  const all = await typeCredits({ url: server.url, signingSecret: SIGNING_SECRET, people: PEOPLE, rounds })
  await server.stop()
  await slack.close()
  const waits = all.slice(WARM_UP_ROUNDS * PEOPLE).toSorted((a, b) => a - b)
  return {
    slack: { ackP50Ms: median(waits), ackP95Ms: waits[Math.ceil(waits.length * 0.95) - 1] ?? Number.NaN },
  }
}
