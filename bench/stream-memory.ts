import { memoryUsage } from 'node:process'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { meteredFetch } from '../middleware/index.ts'
import type { CreditLedger } from '../src/index.ts'
import { callsPerSecond } from './load.ts'

const IN_FLIGHT = 64

/** Memory after garbage collection, at the end of many streams over that after their first tenth. */
export async function measureStreamMemory(
  ledger: CreditLedger,
  account: string,
  model: string,
  streams: number,
): Promise<{ heapGrowth: number; residentGrowth: number }> {
  const ours = meteredFetch(fakeStream, { credits: ledger, account, drainAfter: '10ms' })
  const body = JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'Hello' }] })
  let opened = 0
  const open = async () => {
    opened += 1
    const caller = new AbortController()
    const response = await ours('https://api.openai.com/v1/chat/completions', {
      method: 'POST',
      body,
      signal: caller.signal,
    })
    // Read whole, left after a piece, and dropped unread.
    if (opened % 3 === 0) await response.text()
    if (opened % 3 === 1) await leave(response)
  }
  const run = (count: number) => callsPerSecond(count, IN_FLIGHT, [account], open)
  await run(streams / 10)
  const early = await memory(ledger, account)
  await run(streams - streams / 10)
  const late = await memory(ledger, account)
  return { heapGrowth: late.heapUsed / early.heapUsed, residentGrowth: late.rss / early.rss }
}

async function leave({ body }: Response): Promise<void> {
  const reader = body?.getReader()
  await reader?.read()
  await reader?.cancel()
}

const encoder = new TextEncoder()
const event = (chunk: object) => encoder.encode(`data: ${JSON.stringify(chunk)}\n\n`)
const piece = (content: string) =>
  event({ id: 'c', choices: [{ index: 0, delta: { content } }], usage: null })
const USAGE = { prompt_tokens: 10, completion_tokens: 4, total_tokens: 14 }
const EVENTS = [
  ...['One', ' two', ' three', ' four'].map(piece),
  event({ id: 'c', choices: [], usage: USAGE }),
  encoder.encode('data: [DONE]\n\n'),
]

/** An answer without a network: a hundred thousand streams of a real one would measure sockets. */
async function fakeStream(): Promise<Response> {
  return new Response(ReadableStream.from(EVENTS), { headers: { 'content-type': 'text/event-stream' } })
}

async function memory(ledger: CreditLedger, account: string): Promise<NodeJS.MemoryUsage> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  // The dropped ones end in their own time.
  while ((await ledger.balance(account)).openHolds > 0) await new Promise(setImmediate)
  await ledger.settled()
  collect()
  return memoryUsage()
}
