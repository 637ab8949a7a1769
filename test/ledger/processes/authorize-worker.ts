/**
 * A process that says `ready`, waits for a line, authorizes many times at once, and says `done` and how many ended
 * how, as JSON.
 *
 * node authorize-worker.ts URL ACCOUNT TIMES
 */
import { once } from 'node:events'
import { openCredits } from '../../../src/credits.ts'
import { CreditsError } from '../../../src/errors.ts'

const [url = '', account = '', times = ''] = process.argv.slice(2)
const ledger = await openCredits({ url, migrate: false })
process.stdout.write('ready\n')
await once(process.stdin, 'data')

const authorize = async (): Promise<string> => {
  try {
    await ledger.authorize(account, { amount: '1', category: 'LLM' })
    return 'authorized'
  } catch (error) {
    if (CreditsError.isInstance(error)) return error.code
    throw error
  }
}
const ends = await Promise.all(Array.from({ length: Number(times) }, authorize))
const counts: Record<string, number> = {}
for (const end of ends) counts[end] = (counts[end] ?? 0) + 1
await ledger.close()
process.stdout.write(`done ${JSON.stringify(counts)}\n`)
process.stdin.destroy()
