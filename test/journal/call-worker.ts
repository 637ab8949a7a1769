/**
 * A process that makes metered calls, plain and streamed, as many at once as it is told. It says `answered ID` when
 * the provider has answered, before the metering sees it, `done ID` when the caller has the whole answer, `all` when
 * a given number of calls is done, and `listening` when it listens to SIGTERM itself.
 *
 * node call-worker.ts URL JOURNAL BASE_URL ACCOUNT AT_ONCE, and a step: `N` calls and then nothing; `kill MS`: calls
 * until it kills itself; `forever`; `listen N`
 */
import { writeSync } from 'node:fs'
import OpenAI from 'openai'
import { metered } from '../../middleware/index.ts'
import { openCredits } from '../../src/credits.ts'

const [url = '', directory = '', baseURL = '', account = '', atOnce = '', step = '', count = ''] =
  process.argv.slice(2)
const say = (line: string) => writeSync(1, `${line}\n`)

// Calls that are never answered lose their holds soon.
const credits = await openCredits({ url, migrate: false, journal: { directory }, holdTtl: 1000 })
const told: typeof fetch = async (...request) => {
  const response = await fetch(...request)
  if (response.ok) say(`answered ${response.headers.get('x-request-id')}`)
  return response
}
const openai = metered(new OpenAI({ baseURL, apiKey: 'any', fetch: told, maxRetries: 0 }), {
  credits,
  account,
})

async function call(isStream: boolean): Promise<void> {
  const messages = [{ role: 'user' as const, content: 'What is new in PostgreSQL 18?' }]
  const request = { model: 'gpt-4.1-mini', messages, max_completion_tokens: 100 }
  if (!isStream) {
    const { id } = await openai.chat.completions.create(request)
    say(`done ${id}`)
    return
  }
  let id = ''
  for await (const chunk of await openai.chat.completions.create({ ...request, stream: true })) id = chunk.id
  say(`done ${id}`)
}

let left = step === 'listen' ? Number(count) : step === 'kill' || step === 'forever' ? Infinity : Number(step)
async function line(n: number): Promise<void> {
  while (left > 0) {
    left -= 1
    await call(n % 2 === 0)
  }
}
if (step === 'kill') setTimeout(() => process.kill(process.pid, 'SIGKILL'), Number(count))
if (step === 'listen') {
  process.once('SIGTERM', () => void credits.close().then(() => process.exit(7)))
  say('listening')
}
await Promise.all(Array.from({ length: Number(atOnce) }, (_, n) => line(n)))
say('all')
process.stdin.resume()
