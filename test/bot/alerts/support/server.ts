/** A process that delivers alerts: `server.ts DATABASE_URL SLACK_API_URL`. It ends by a signal. */
import { createLogger } from '../../../../bot/log.ts'
import { openCredits } from '../../../../src/index.ts'
import { startAlerts } from './stack.ts'

const [url, apiUrl = ''] = process.argv.slice(2)
const ledger = await openCredits({ url, migrate: false, journal: false })
const { jobs } = startAlerts({
  ledger,
  logger: createLogger('warn'),
  apiUrl,
  // So that what a killed process began is soon another's.
  attemptSeconds: 4,
})
await jobs.runner.ready
process.stdout.write('ready\n')
