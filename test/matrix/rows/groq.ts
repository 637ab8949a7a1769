import Groq from 'groq-sdk'
import { metered } from '../../../middleware/index.ts'
import { GROQ_USAGE, startGroqFake } from '../../fakes/providers/groq.ts'
import type { Fake } from '../../fakes/providers/serve.ts'
import { perMillion } from '../prices.ts'
import { headOf } from '../seen.ts'
import { becomesTrue } from '../waiting.ts'
import type { ExpectedCharge, MatrixSdk, Row, Run } from '../row.ts'
import { callRows } from './call-rows.ts'

const clientOf = ({ standIn, metering }: Run<Fake>, meterings = 1): Groq => {
  let client = new Groq({ apiKey: 'any', baseURL: standIn.url })
  for (let times = 0; metering && times < meterings; times++) client = metered(client, metering)
  return client
}

const MODEL = 'openai/gpt-oss-120b'
const ROUTE = 'chat completions'
const REQUEST = {
  model: MODEL,
  messages: [{ role: 'user' as const, content: 'What is new in PostgreSQL 18?' }],
}
const STREAMED = { ...REQUEST, stream: true } as const

/** https://groq.com/pricing, as the price catalogue has it. */
const charge = (units: ExpectedCharge['units'], estimated?: true): ExpectedCharge => ({
  category: 'LLM',
  model: MODEL,
  units,
  prices: {
    input_tokens: perMillion('0.15'),
    cache_read_tokens: perMillion('0.075'),
    output_tokens: perMillion('0.60'),
  },
  ...(estimated && { estimated }),
})
const USED = [
  charge({
    input_tokens: GROQ_USAGE.prompt_tokens - GROQ_USAGE.cached_tokens,
    cache_read_tokens: GROQ_USAGE.cached_tokens,
    output_tokens: GROQ_USAGE.completion_tokens,
  }),
]
/** At 4 bytes to a token. */
const inputOf = (request: object) => Math.ceil(JSON.stringify(request).length / 4)
const UNSTATED = [charge({ input_tokens: inputOf(REQUEST), output_tokens: [20, 150] }, true)]
/** One of the three words has come. */
const LEFT = [charge({ input_tokens: inputOf(STREAMED), output_tokens: [1, 4] }, true)]

const row = (rest: Omit<Row<Fake>, 'route' | 'charges'> & Partial<Row<Fake>>): Row<Fake> => ({
  route: ROUTE,
  charges: [],
  ...rest,
})

const open = (run: Run<Fake>, signal?: AbortSignal) =>
  clientOf(run).chat.completions.create(STREAMED, signal && { signal })

const streamRows: Row<Fake>[] = [
  row({
    scenario: 'stream',
    charges: USED,
    async act(run) {
      for await (const chunk of await open(run)) run.saw(chunk)
    },
  }),
  row({
    scenario: 'withResponse',
    charges: USED,
    async act(run) {
      const { data, response } = await clientOf(run).chat.completions.create(REQUEST).withResponse()
      return { data, head: headOf(response) }
    },
  }),
  row({
    scenario: 'asResponse',
    variant: 'streamed',
    charges: USED,
    async act(run) {
      const response = await clientOf(run).chat.completions.create(STREAMED).asResponse()
      return [headOf(response), await response.text()]
    },
  }),
  row({
    scenario: 'break',
    charges: LEFT,
    leaves: true,
    async act(run) {
      run.standIn.fail('hang_midway')
      for await (const chunk of await open(run)) {
        run.saw(chunk)
        if (chunk.choices[0]?.delta.content) break
      }
    },
  }),
  row({
    scenario: 'abort',
    variant: 'mid-stream',
    charges: LEFT,
    leaves: true,
    async act(run) {
      const controller = new AbortController()
      run.standIn.fail('hang_midway')
      for await (const chunk of await open(run, controller.signal)) {
        run.saw(chunk)
        if (chunk.choices[0]?.delta.content) controller.abort()
      }
    },
  }),
  row({
    scenario: 'abort',
    variant: 'before the head',
    leaves: true,
    async act(run) {
      run.standIn.fail('hang')
      const controller = new AbortController()
      const failed = open(run, controller.signal).catch((error: unknown) => error)
      await becomesTrue(() => run.standIn.requests.length === 1)
      controller.abort()
      return failed
    },
  }),
  row({
    scenario: 'dead server',
    variant: 'mid-stream',
    charges: LEFT,
    async act(run) {
      run.standIn.fail('die_midway')
      for await (const chunk of await open(run)) run.saw(chunk)
    },
  }),
  row({
    scenario: 'unread',
    variant: 'streamed',
    options: { drainAfter: '20ms' },
    charges: USED,
    act: async (run) => headOf(await clientOf(run).chat.completions.create(STREAMED).asResponse()),
  }),
]

/** groq-sdk, against a stand-in. */
export const groq: MatrixSdk<Fake> = {
  name: 'groq',
  start: () => startGroqFake(9),
  rows: [
    ...callRows<Fake>({
      route: ROUTE,
      call: async (run) => clientOf(run).chat.completions.create(REQUEST),
      callTwiceMetered: async (run) => clientOf(run, 2).chat.completions.create(REQUEST),
      charges: USED,
      unstated: UNSTATED,
      cut: UNSTATED,
      noCredit: { class: 'APIError', status: 402, isInsufficientCredits: true, atOnce: true },
      retries: true,
    }),
    ...streamRows,
  ],
  without: [
    { route: ROUTE, scenario: 'helper', because: 'the SDK has none' },
    { route: ROUTE, scenario: 'background', because: 'chats are answered at once or in batches' },
  ],
}
