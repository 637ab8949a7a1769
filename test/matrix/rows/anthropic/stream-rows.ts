import { betaZodTool } from '@anthropic-ai/sdk/helpers/beta/zod'
import { z } from 'zod'
import { countTokens, SCRIPT } from '../../../../demo/stand-in/script.ts'
import { refusalSeen } from '../../refusal.ts'
import { collect } from '../../../middleware/support.ts'
import { headOf } from '../../seen.ts'
import {
  ANSWER_TOKENS,
  anthropicOf,
  type AnthropicRow,
  type AnthropicRun,
  HALF,
  inputTokens,
  LEFT,
  llm,
  NO_CREDIT,
  REQUEST,
  search,
  STREAMED,
  UNOPENED,
  USED,
} from './setting.ts'

/** A stream that nobody reads is read ahead after this time. */
const UNREAD = { drainAfter: '20ms' }

const WEB_SEARCH = { type: 'web_search_20250305' as const, name: 'web_search' as const, max_uses: 4 }
const SEARCHING = { ...REQUEST, tools: [WEB_SEARCH] }
/** What the stand-in's search puts before the model. */
const FOUND_TOKENS = 1200
const SEARCHED = [
  llm({ input_tokens: inputTokens(SEARCHING) + FOUND_TOKENS, output_tokens: ANSWER_TOKENS }),
  search(1),
]

const row = (rest: Omit<AnthropicRow, 'route' | 'charges'> & Partial<AnthropicRow>): AnthropicRow => ({
  route: 'messages',
  charges: [],
  ...rest,
})

/** The rows of messages that are streamed, and of the helpers that the SDK has for them. */
export const streamRows: AnthropicRow[] = [
  row({ scenario: 'stream', charges: USED, act: async (run) => sawAll(run, await open(run)) }),
  row({
    scenario: 'withResponse',
    variant: 'streamed',
    charges: USED,
    async act(run) {
      const call = anthropicOf(run).messages.create(STREAMED)
      const { data, response, request_id } = await call.withResponse()
      run.saw(headOf(response), request_id)
      await sawAll(run, data)
    },
  }),
  row({
    scenario: 'asResponse',
    variant: 'streamed',
    charges: USED,
    async act(run) {
      const response = await anthropicOf(run).messages.create(STREAMED).asResponse()
      return [headOf(response), await response.text()]
    },
  }),
  row({
    scenario: 'break',
    charges: LEFT,
    leaves: true,
    async act(run) {
      run.standIn.fail('hang_midway')
      let events = 0
      for await (const event of await open(run)) {
        run.saw(event)
        if (++events === HALF) break
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
      let events = 0
      for await (const event of await anthropicOf(run).messages.create(STREAMED, {
        signal: controller.signal,
      })) {
        run.saw(event)
        if (++events === HALF) controller.abort()
      }
    },
  }),
  row({
    scenario: 'abort',
    variant: 'before anybody iterates',
    charges: UNOPENED,
    leaves: true,
    async act(run) {
      run.standIn.fail('hang_midway')
      const events = await open(run)
      events.controller.abort()
      await sawAll(run, events)
      return 'the end'
    },
  }),
  row({
    scenario: 'dead server',
    variant: 'mid-stream',
    charges: LEFT,
    async act(run) {
      run.standIn.fail('die_midway')
      await sawAll(run, await open(run))
    },
  }),
  row({
    scenario: 'dead server',
    variant: 'before the first event',
    async act(run) {
      run.standIn.fail('die_at_once')
      await sawAll(run, await open(run))
    },
  }),
  row({
    scenario: 'dead server',
    variant: 'overloaded, before a word',
    async act(run) {
      run.standIn.fail('overloaded')
      await sawAll(run, await open(run))
    },
  }),
  row({
    scenario: 'unread',
    variant: 'stream never iterated',
    options: UNREAD,
    charges: USED,
    act: async (run) => ((await open(run)).controller.signal.aborted ? 'aborted' : 'opened'),
  }),
  row({
    scenario: 'tee',
    charges: USED,
    async act(run) {
      const [left, right] = (await open(run)).tee()
      await Promise.all([sawAll(run, left), collect(right)])
    },
  }),
  row({
    scenario: 'toReadableStream',
    charges: USED,
    act: async (run) => new Response((await open(run)).toReadableStream()).text(),
  }),
  row({
    scenario: '429 then ok',
    variant: 'streamed',
    charges: USED,
    async act(run) {
      run.standIn.fail('rate_limited')
      await sawAll(run, await open(run))
    },
  }),
  row({
    scenario: 'no credit',
    variant: 'streamed',
    credit: '0',
    alone: true,
    refused: [NO_CREDIT],
    act: async (run) => run.saw(await refusalSeen(() => open(run))),
  }),
  row({
    scenario: 'helper',
    variant: '.stream()',
    charges: USED,
    async act(run) {
      const stream = anthropicOf(run).messages.stream(REQUEST)
      stream.on('text', (delta, snapshot) => run.saw({ delta, snapshot }))
      return [await stream.finalMessage(), await stream.finalText(), stream.request_id]
    },
  }),
  row({
    scenario: 'helper',
    variant: '.stream() left',
    charges: LEFT,
    leaves: true,
    async act(run) {
      run.standIn.fail('hang_midway')
      const stream = anthropicOf(run).messages.stream(REQUEST)
      let events = 0
      for await (const event of stream) {
        run.saw(event)
        if (++events === HALF) break
      }
      return { aborted: stream.aborted }
    },
  }),
  ...[false, true].map((stream): AnthropicRow =>
    row({
      scenario: 'helper',
      variant: stream ? 'toolRunner, streamed' : 'toolRunner',
      charges: (received) =>
        received.map(({ body }, turn) =>
          llm({
            input_tokens: inputTokens(body as typeof REQUEST),
            output_tokens:
              turn === 0 ? countTokens(JSON.stringify({ query: SCRIPT.searchQuery })) : ANSWER_TOKENS,
          }),
        ),
      async act(run) {
        const tools = [searchTool((query) => run.saw({ query }))]
        return anthropicOf(run)
          .beta.messages.toolRunner({ ...REQUEST, tools, stream })
          .runUntilDone()
      },
    }),
  ),
  ...[false, true].map((stream): AnthropicRow =>
    row({
      scenario: 'web search',
      ...(stream ? { variant: 'streamed' } : {}),
      charges: SEARCHED,
      async act(run) {
        const { messages } = anthropicOf(run)
        return stream ? messages.stream(SEARCHING).finalMessage() : messages.create(SEARCHING)
      },
    }),
  ),
]

const open = (run: AnthropicRun) => anthropicOf(run).messages.create(STREAMED)

async function sawAll(run: AnthropicRun, events: AsyncIterable<object>): Promise<void> {
  for await (const event of events) run.saw(event)
}

const searchTool = (searched: (query: string) => void) =>
  betaZodTool({
    name: 'search_notes',
    description: 'Searches the notes.',
    inputSchema: z.object({ query: z.string() }),
    run({ query }) {
      searched(query)
      return 'PostgreSQL 18 is out.'
    },
  })
