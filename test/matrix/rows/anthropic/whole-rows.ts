import { metered } from '../../../../middleware/index.ts'
import { refusalSeen } from '../../refusal.ts'
import { headOf } from '../../seen.ts'
import { becomesTrue } from '../../waiting.ts'
import { withoutSerials } from '../../../middleware/serials.ts'
import {
  anthropicOf,
  type AnthropicRow,
  CUT,
  NO_CREDIT,
  REQUEST,
  STREAMED,
  UNSTATED,
  USED,
} from './setting.ts'

const CONCURRENT = 20

const row = (rest: Omit<AnthropicRow, 'route' | 'charges'> & Partial<AnthropicRow>): AnthropicRow => ({
  route: 'messages',
  charges: [],
  ...rest,
})

/** The rows of messages that are not streamed. */
export const wholeRows: AnthropicRow[] = [
  row({ scenario: 'plain', charges: USED, act: async (run) => anthropicOf(run).messages.create(REQUEST) }),
  row({
    scenario: 'plain',
    variant: 'beta',
    charges: USED,
    act: async (run) =>
      anthropicOf(run).beta.messages.create({ ...REQUEST, betas: ['context-1m-2025-08-07'] }),
  }),
  row({
    scenario: 'withResponse',
    charges: USED,
    async act(run) {
      const { data, response, request_id } = await anthropicOf(run).messages.create(REQUEST).withResponse()
      return { data, head: headOf(response), request_id, used: response.bodyUsed }
    },
  }),
  row({
    scenario: 'asResponse',
    charges: USED,
    async act(run) {
      const response = await anthropicOf(run).messages.create(REQUEST).asResponse()
      const copy = response.clone()
      return [headOf(response), headOf(copy), await copy.text(), await response.text()]
    },
  }),
  row({
    scenario: 'unread',
    charges: USED,
    act: async (run) => headOf(await anthropicOf(run).messages.create(REQUEST).asResponse()),
  }),
  row({
    scenario: 'break',
    variant: 'cancelled body',
    charges: USED,
    async act(run) {
      const response = await anthropicOf(run).messages.create(REQUEST).asResponse()
      await response.body?.cancel()
      return headOf(response)
    },
  }),
  row({
    scenario: 'abort',
    variant: 'before the head',
    leaves: true,
    async act(run) {
      const { standIn } = run
      standIn.fail('hang')
      const controller = new AbortController()
      const call = anthropicOf(run).messages.create(REQUEST, { signal: controller.signal })
      const failed = call.catch((error: unknown) => error)
      await becomesTrue(() => standIn.requests.length === 1)
      controller.abort()
      return failed
    },
  }),
  row({
    scenario: 'dead server',
    charges: CUT,
    async act(run) {
      run.standIn.fail('die_midway')
      return anthropicOf(run).messages.create(REQUEST)
    },
  }),
  row({
    scenario: 'no usage',
    charges: UNSTATED,
    async act(run) {
      run.standIn.fail('no_usage')
      return anthropicOf(run).messages.create(REQUEST)
    },
  }),
  row({
    scenario: '429 then ok',
    charges: USED,
    async act(run) {
      run.standIn.fail('rate_limited')
      return anthropicOf(run).messages.create(REQUEST)
    },
  }),
  row({
    scenario: '500 × 3',
    async act(run) {
      run.standIn.fail('server_error', 'server_error', 'server_error')
      return anthropicOf(run).messages.create(REQUEST)
    },
  }),
  row({
    scenario: 'retries exhausted',
    async act(run) {
      run.standIn.fail('rate_limited', 'server_error')
      return anthropicOf(run).messages.create(REQUEST, { maxRetries: 1 })
    },
  }),
  row({
    scenario: '400',
    async act(run) {
      run.standIn.fail('bad_request')
      return anthropicOf(run).messages.create(REQUEST)
    },
  }),
  row({
    scenario: 'socket reset',
    charges: USED,
    async act(run) {
      run.standIn.fail('reset')
      return anthropicOf(run).messages.create(REQUEST)
    },
  }),
  row({
    scenario: 'timeout',
    leaves: true,
    async act(run) {
      run.standIn.fail('hang')
      return anthropicOf(run).messages.create(REQUEST, { maxRetries: 0, timeout: 1000 })
    },
  }),
  row({
    scenario: '20 concurrent',
    unordered: true,
    charges: Array.from({ length: CONCURRENT }, () => USED).flat(),
    async act(run) {
      const client = anthropicOf(run)
      const answers = Array.from({ length: CONCURRENT }, async (_, index) => {
        if (index % 2 === 0) return client.messages.create(REQUEST)
        const events: object[] = []
        for await (const event of await client.messages.create(STREAMED)) events.push(event)
        return events
      })
      for (const answer of await Promise.all(answers)) run.saw(withoutSerials(answer))
    },
  }),
  row({
    scenario: 'child client',
    charges: [...USED, ...USED],
    async act(run) {
      const child = anthropicOf(run).withOptions({ maxRetries: 0 })
      run.saw(await child.messages.create(REQUEST))
      run.saw(await child.withOptions({ timeout: 5000 }).messages.create(REQUEST))
    },
  }),
  row({
    scenario: 'client.post',
    charges: USED,
    act: async (run) => anthropicOf(run).post('/v1/messages', { body: REQUEST }),
  }),
  row({
    scenario: 'metered twice',
    charges: USED,
    async act(run) {
      const client = anthropicOf(run)
      return (run.metering ? metered(client, run.metering) : client).messages.create(REQUEST)
    },
  }),
  row({
    scenario: 'no credit',
    credit: '0',
    alone: true,
    refused: [NO_CREDIT],
    act: async (run) => run.saw(await refusalSeen(() => anthropicOf(run).messages.create(REQUEST))),
  }),
  row({
    scenario: 'unmetered',
    variant: 'batches',
    refused: [{ class: 'BadRequestError', status: 400, isInsufficientCredits: false, atOnce: true }],
    act: async (run) =>
      run.saw(await refusalSeen(() => anthropicOf(run).messages.batches.create({ requests: [] }))),
  }),
]
