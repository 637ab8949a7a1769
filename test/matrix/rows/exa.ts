import { Exa } from 'exa-js'
import { meteredExa } from '../../../middleware/providers/exa/index.ts'
import { EXA_DOLLARS, type ExaFake, startExaFake } from '../../fakes/providers/exa.ts'
import type { ExpectedCharge, MatrixSdk, Row, Run } from '../row.ts'
import { CREDITS_ERROR, callRows, VALUES_ONLY } from './call-rows.ts'

const clientOf = ({ standIn, metering }: Run<ExaFake>, wrappings = 1): Exa => {
  let client = new Exa('exa-any', standIn.url)
  for (let times = 0; metering && times < wrappings; times++) client = meteredExa(client, metering)
  return client
}

const DOLLAR = { dollars: '1', per: 1n }

const stated = (name: string, dollars: number): ExpectedCharge => ({
  category: 'WebSearch',
  model: `exa/${name}`,
  units: { dollars },
  prices: { dollars: DOLLAR },
})

/** https://exa.ai/docs/reference/pricing, read on 2026-11-22. */
const expected = (name: string, dollars: number): ExpectedCharge => ({
  category: 'WebSearch',
  model: `exa/${name}`,
  units: { expected_dollars: dollars },
  prices: { expected_dollars: DOLLAR },
  estimated: true,
})

const rowsOf = (
  name: 'search' | 'answer',
  published: number,
  call: (client: Exa) => Promise<unknown>,
): Row<ExaFake>[] =>
  callRows({
    route: name,
    call: (run) => call(clientOf(run)).catch(withoutTime),
    callTwiceMetered: (run) => call(clientOf(run, 2)),
    charges: [stated(name, EXA_DOLLARS[name])],
    unstated: [expected(name, published)],
    cut: [],
    noCredit: CREDITS_ERROR,
    retries: false,
  })

/** An error says when it was made. */
function withoutTime(error: unknown): never {
  throw Object.assign(error as Error, { timestamp: undefined })
}

const streamed = (run: Run<ExaFake>) => clientOf(run).streamAnswer('What is new?')

const streamRows: Row<ExaFake>[] = [
  {
    route: 'answer',
    scenario: 'stream',
    charges: [stated('answer', EXA_DOLLARS.answer)],
    async act(run) {
      for await (const chunk of streamed(run)) run.saw(chunk)
    },
  },
  {
    route: 'answer',
    scenario: 'break',
    options: { drainAfter: '20ms' },
    charges: [stated('answer', EXA_DOLLARS.answer)],
    async act(run) {
      for await (const chunk of streamed(run)) {
        run.saw(chunk)
        break
      }
    },
  },
  {
    route: 'answer',
    scenario: 'dead server',
    variant: 'mid-stream',
    charges: [expected('answer', 0.005)],
    async act(run) {
      run.standIn.fail('die_midway')
      for await (const chunk of streamed(run)) run.saw(chunk)
    },
  },
]

/** exa-js, against a stand-in. */
export const exa: MatrixSdk<ExaFake> = {
  name: 'exa',
  start: startExaFake,
  rows: [
    ...rowsOf('search', 0.007, (client) => client.search('PostgreSQL 18')),
    ...rowsOf('answer', 0.005, (client) => client.answer('What is new?')),
    ...streamRows,
  ],
  without: [
    ...VALUES_ONLY('search'),
    ...VALUES_ONLY('answer').filter(({ scenario }) => scenario !== 'stream' && scenario !== 'break'),
  ],
}
