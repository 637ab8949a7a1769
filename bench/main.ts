/**
 * What the ledger costs, as ratios within one run on one machine. `npm run bench`; `-- --json` for machines,
 * `-- --smoke` to see that it works.
 */
import { parseArgs } from 'node:util'
import { measureGrowth } from './growth.ts'
import { measureMiddleware } from './middleware.ts'
import { type Figures, printFigures, requireFigures } from './report.ts'
import { FULL, SMOKE } from './scale.ts'
import { startServer } from './server.ts'
import { measureSlack } from './slack.ts'
import { measureThroughput } from './throughput.ts'

const { values } = parseArgs({ options: { json: { type: 'boolean' }, smoke: { type: 'boolean' } } })
const scale = values.smoke ? SMOKE : FULL

const server = await startServer()
try {
  const { ledger } = server
  const figures: Figures = {
    ...(await measureThroughput(ledger, scale)),
    ...(await measureGrowth(ledger, scale)),
    ...(await measureSlack(ledger, scale)),
    ...(await measureMiddleware(ledger, scale)),
  }
  requireFigures(figures)
  if (values.json) console.log(JSON.stringify(figures, undefined, 2))
  else printFigures(figures)
  await requireCleanAudit()
  if (values.smoke) console.log('1 passed, 0 failed')
} finally {
  await server.close()
}

/** What was measured must be right, too. The batches that were made by hand, and the baseline's, are left out. */
async function requireCleanAudit(): Promise<void> {
  for (const account of ['hot', 'many-entries', 'spread-0', 'many-0', 'metered']) {
    const { ok, divergences } = await server.ledger.audit(account)
    if (!ok) throw new Error(`The audit after the bench found ${JSON.stringify(divergences)}.`)
  }
}
