/**
 * A process that makes calls until it is killed, and says `ack N CHARGE` of each that was answered.
 *
 * node load-worker.ts URL ACCOUNT CALLER AT_ONCE
 */
import { openCredits } from '../../../src/credits.ts'
import { keepCalling } from './calls.ts'

const [url = '', account = '', caller = '', atOnce = ''] = process.argv.slice(2)
const ledger = await openCredits({ url, migrate: false })
const settings = { atOnce: Number(atOnce), isOver: () => false }
await keepCalling(ledger, account, caller, settings, ({ n, chargeId }) => {
  // At once, and not when a buffer is full: what was said before the kill was acknowledged.
  process.stdout.write(`ack ${n} ${chargeId}\n`)
})
