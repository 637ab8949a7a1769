import type { BotServices } from '../services.ts'
import type { Usage } from '../views/usage.ts'
import type { UsageQuestion } from './question.ts'
import { RANKINGS, readFirst, readUsage, restOf } from './report.ts'

/** Beside one another, of each ranking. */
const IN_SHORT_MAX = 5
/** Of one ranking; a chart has no room for more. */
const AT_LENGTH_MAX = 20

/** All that the answer to a question shows, read at once. */
export async function readAnswer(
  { ledger }: Pick<BotServices, 'ledger'>,
  account: string,
  { period, by }: UsageQuestion,
): Promise<Usage> {
  const wanted = by === undefined ? RANKINGS : [by]
  const count = by === undefined ? IN_SHORT_MAX : AT_LENGTH_MAX
  const [report, ...firsts] = await Promise.all([
    readUsage(ledger, account, period),
    ...wanted.map(async (ranking) => ({
      by: ranking,
      first: await readFirst(ledger, account, period, { by: ranking, count }),
    })),
  ])
  const rankings = firsts.map(({ by: ranking, first }) => ({
    by: ranking,
    first,
    rest: restOf(report.total, first),
  }))
  return { report, by, rankings }
}
