import type OpenAI from 'openai'
import { llm, openaiOf, type OpenAiRow } from './setting.ts'
import { INPUT, INSTRUCTIONS, MODEL, usedTokens } from './responses.ts'

const ROUTE = 'responses'
const REQUEST = { model: MODEL, instructions: INSTRUCTIONS, input: INPUT, background: true } as const
/** The stand-in needs one; more would be a loop without an end. */
const READS_MAX = 5

const ROWS: OpenAiRow[] = [
  {
    route: ROUTE,
    scenario: 'background',
    variant: 'read until it is done, and twice more',
    charges: [llm(MODEL, usedTokens())],
    async act(run) {
      const client = openaiOf(run)
      const created = await client.responses.create(REQUEST)
      run.saw(created)
      await readUntilDone(client, created.id, run.saw)
      run.saw(await client.responses.retrieve(created.id), await client.responses.retrieve(created.id))
    },
  },
  {
    route: ROUTE,
    scenario: 'background',
    variant: 'read by 20 at once',
    charges: [llm(MODEL, usedTokens())],
    async act(run) {
      const client = openaiOf(run)
      const { id } = await client.responses.create(REQUEST)
      await readUntilDone(client, id, () => undefined)
      const reads = Array.from({ length: 20 }, () => openaiOf(run).responses.retrieve(id))
      run.saw(...(await Promise.all(reads)))
    },
  },
  {
    route: ROUTE,
    scenario: 'background',
    variant: 'streamed',
    charges: [llm(MODEL, usedTokens())],
    async act(run) {
      const client = openaiOf(run)
      for await (const event of await client.responses.create({ ...REQUEST, stream: true })) run.saw(event)
    },
  },
  {
    route: ROUTE,
    scenario: 'background',
    variant: 'its stream taken up again',
    charges: [llm(MODEL, usedTokens())],
    async act(run) {
      const client = openaiOf(run)
      const { id } = await client.responses.create(REQUEST)
      const events = await client.responses.retrieve(id, { stream: true, starting_after: 3 })
      for await (const event of events) run.saw(event)
      run.saw(await client.responses.retrieve(id))
    },
  },
  {
    route: ROUTE,
    scenario: 'background',
    variant: 'cancelled',
    charges: [],
    async act(run) {
      const client = openaiOf(run)
      const { id } = await client.responses.create(REQUEST)
      run.saw(await client.responses.cancel(id), await client.responses.retrieve(id))
    },
  },
  {
    route: ROUTE,
    scenario: 'background',
    variant: 'made elsewhere, read here',
    charges: [llm(MODEL, usedTokens())],
    async act(run) {
      const { id } = await openaiOf({ ...run, metering: undefined }).responses.create(REQUEST)
      await readUntilDone(openaiOf(run), id, run.saw)
      run.saw(await openaiOf(run).responses.retrieve(id))
    },
  },
  {
    route: ROUTE,
    scenario: 'background',
    variant: 'one in the foreground, read again',
    charges: [llm(MODEL, usedTokens())],
    async act(run) {
      const client = openaiOf(run)
      const { id } = await client.responses.create({ ...REQUEST, background: false })
      run.saw(await client.responses.retrieve(id), await client.responses.retrieve(id))
    },
  },
]

/**
 * Responses that are made in the background state their usage when they are read, and each time. They are known by
 * their ids, of which each stand-in gives out the same.
 */
export const backgroundRows: OpenAiRow[] = ROWS.map((row) => ({ ...row, alone: true }))

async function readUntilDone(client: OpenAI, id: string, saw: (read: object) => void): Promise<void> {
  for (let reads = 0; reads < READS_MAX; reads++) {
    const response = await client.responses.retrieve(id)
    saw(response)
    if (response.status === 'completed') return
  }
  throw new Error('The response was never done.')
}
