import OpenAI from 'openai'
import { metered, meteredFetch } from '../middleware/index.ts'
import type { CreditLedger } from '../src/index.ts'
import { median, medianTimes } from './load.ts'
import type { Scale } from './scale.ts'
import { forkStandIn } from './stand-in.ts'
import { measureStreamMemory } from './stream-memory.ts'
import { fund } from './throughput.ts'

export interface Middleware {
  middleware: {
    /** What metering adds to a plain chat call, over one authorize. */
    addedToCall: number
    addedMs: number
    /** Tokens per second of a metered stream, over those of an unmetered one. */
    streamSpeed: number
    /** All that metering does for a prompt of 40 KB that is made to be slow, the hold included; the slowest one. */
    hostilePromptMs: number
    /** Heap and resident memory at the end of the streams over that after their first tenth. */
    heapGrowth: number
    residentGrowth: number
  }
}

const ACCOUNT = 'metered'
const MODEL = 'gpt-4.1-mini'
const messages = [{ role: 'user' as const, content: 'What is new in PostgreSQL 18?' }]

/** In words, each of them a piece of a stream. */
const CALL_WORDS = 60
const STREAM_WORDS = 1500

const HOSTILE_PROMPTS = [
  'a'.repeat(40_000),
  '🐘'.repeat(10_000),
  '[{"a":'.repeat(6_500),
  ',"usage":null'.repeat(3_000),
  '\\"input_image'.repeat(3_000),
  ' \r\n'.repeat(13_000),
]

/** What the agent notices of being metered, measured in turn with the same unmetered. */
export async function measureMiddleware(ledger: CreditLedger, scale: Scale): Promise<Middleware> {
  await fund(ledger, [ACCOUNT])
  const call = await measureCall(ledger, scale)
  const streamSpeed = await measureStreamSpeed(ledger, scale)
  const hostilePromptMs = await measureHostilePrompts(ledger, scale)
  const memory = await measureStreamMemory(ledger, ACCOUNT, MODEL, scale.streams)
  return { middleware: { ...call, streamSpeed, hostilePromptMs, ...memory } }
}

async function measureCall(ledger: CreditLedger, scale: Scale) {
  const standIn = await forkStandIn('answers', CALL_WORDS)
  const plain = new OpenAI({ baseURL: standIn.url, apiKey: 'any' })
  const ours = metered(plain, { credits: ledger, account: ACCOUNT })
  const holds: string[] = []
  const settle = async () => {
    for (const hold of holds.splice(0)) await ledger.release(ACCOUNT, hold)
    await ledger.settled()
  }
  const authorize = async () => {
    const hold = await ledger.authorize(ACCOUNT, { amount: '2', category: 'LLM', model: MODEL })
    holds.push(hold.id)
  }
  const things = {
    plain: () => plain.chat.completions.create({ model: MODEL, messages }),
    settlePlain: settle,
    metered: () => ours.chat.completions.create({ model: MODEL, messages }),
    settleMetered: settle,
    authorize,
    settleAuthorize: settle,
  }
  await medianTimes(Math.ceil(scale.latencyRounds / 10), things)
  const times = await medianTimes(scale.latencyRounds, things)
  await standIn.close()
  const addedMs = times.metered - times.plain
  return { addedToCall: addedMs / times.authorize, addedMs }
}

/** From the first piece to the last: that a stream is opened later, by one authorize, is another figure. */
async function measureStreamSpeed(ledger: CreditLedger, scale: Scale): Promise<number> {
  const standIn = await forkStandIn('streams', STREAM_WORDS)
  const plain = new OpenAI({ baseURL: standIn.url, apiKey: 'any' })
  const ours = metered(plain, { credits: ledger, account: ACCOUNT })
  const millisecondsOf = async (client: OpenAI) => {
    const chunks = await client.chat.completions.create({ model: MODEL, messages, stream: true })
    let pieces = 0
    let start = 0
    for await (const chunk of chunks) {
      if (!chunk.choices[0]?.delta.content) continue
      if (pieces === 0) start = performance.now()
      pieces += 1
    }
    if (pieces !== STREAM_WORDS) throw new Error(`A stream had ${pieces} of ${STREAM_WORDS} pieces.`)
    return performance.now() - start
  }
  const times = { plain: [] as number[], metered: [] as number[] }
  for (let round = -Math.ceil(scale.streamRounds / 10); round < scale.streamRounds; round += 1) {
    const both = { plain: await millisecondsOf(plain), metered: await millisecondsOf(ours) }
    await ledger.settled()
    // The rounds below 0 are for warming up.
    if (round < 0) continue
    times.plain.push(both.plain)
    times.metered.push(both.metered)
  }
  await standIn.close()
  return median(times.plain) / median(times.metered)
}

async function measureHostilePrompts(ledger: CreditLedger, scale: Scale): Promise<number> {
  const usage = { prompt_tokens: 10_000, completion_tokens: 10, total_tokens: 10_010 }
  const answer = JSON.stringify({ id: 'c', object: 'chat.completion', model: MODEL, choices: [], usage })
  const plain = async () => new Response(answer, { headers: { 'content-type': 'application/json' } })
  const ours = meteredFetch(plain, { credits: ledger, account: ACCOUNT })
  const medians: number[] = []
  for (const content of HOSTILE_PROMPTS) {
    const body = JSON.stringify({ model: MODEL, messages: [{ role: 'user', content }] })
    const send = (fetch: typeof ours) => async () =>
      (await fetch('https://api.openai.com/v1/chat/completions', { method: 'POST', body })).text()
    const rounds = Math.ceil(scale.latencyRounds / HOSTILE_PROMPTS.length)
    const times = await medianTimes(rounds, {
      plain: send(plain),
      metered: send(ours),
      settle: () => ledger.settled(),
    })
    medians.push(times.metered - times.plain)
  }
  return Math.max(...medians)
}
