import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestLedger, type TestLedger } from '../support/ledger.ts'
import { coverageGaps } from './coverage.ts'
import { amountOf, perMillion, perMinute, perThousand } from './prices.ts'
import { REQUIRED_SCENARIOS } from './row.ts'
import { chatRows } from './rows/openai/chat.ts'
import { openaiOf, type OpenAiRow, startOpenAi } from './rows/openai/setting.ts'
import { runRow } from './run-row.ts'

let open: TestLedger
beforeAll(async () => {
  open = await openTestLedger()
})
afterAll(() => open.close())

const ROUTE = 'chat completions'
const MODEL = 'gpt-4.1-mini'

/** One of the rows of chats. */
function rowOf(scenario: OpenAiRow['scenario']): OpenAiRow {
  const row = chatRows.find((candidate) => candidate.scenario === scenario)
  if (row) return row
  throw new Error(`There is no row for ${scenario}.`)
}

const PLAIN = rowOf('plain')
const STREAM = rowOf('stream')
/** A call that costs nothing, of a row that says so. */
const FREE: OpenAiRow = {
  route: ROUTE,
  scenario: 'plain',
  charges: [],
  act: async (run) => (await openaiOf(run).models.list()).data,
}

async function differences(row: OpenAiRow): Promise<readonly string[]> {
  return (await runRow({ sdk: 'openai', start: startOpenAi, row }, open.ledger)).differences
}

test.each([
  ['plain', PLAIN],
  ['streamed', STREAM],
  ['free', FREE],
])('a row that is right has no differences, %s', async (_, row) => {
  expect(await differences(row)).toEqual([])
})

test.each<[string, OpenAiRow, RegExp]>([
  ['a charge that was not expected', { ...PLAIN, charges: [] }, /^a charge that was not expected: LLM/],
  ['a charge that is missing', { ...FREE, charges: PLAIN.charges }, /^a charge is missing: LLM/],
  [
    'another amount',
    {
      ...PLAIN,
      charges: [
        {
          category: 'LLM',
          model: MODEL,
          units: { input_tokens: [1, 1000], output_tokens: [1, 1000] },
          prices: { input_tokens: perMillion('0.40'), output_tokens: perMillion('1.61') },
        },
      ],
    },
    /\(amount \d+ instead of \d+\)/,
  ],
  [
    'something else seen',
    { ...FREE, act: (run) => Promise.resolve(run.saw('the same', run.metering ? 'metered' : 'plain')) },
    /^seen .* at 1\n {2}metered "metered"\n {2}plain {3}"plain"/,
  ],
  [
    'another error',
    { ...FREE, act: (run) => Promise.reject(run.metering ? new TypeError('failed') : new Error('failed')) },
    /^seen .*"class":"TypeError"/s,
  ],
  [
    'something else received',
    {
      ...FREE,
      async act(run) {
        const headers = { 'x-metered': run.metering ? 'yes' : 'no' }
        run.saw((await openaiOf(run).models.list({ headers })).data)
      },
    },
    /^received .*"x-metered":"yes"/s,
  ],
  [
    'a request that asks for more than is said',
    { route: ROUTE, scenario: 'stream', charges: STREAM.charges, act: STREAM.act },
    /^received .*include_usage/s,
  ],
  ['a row that shows nothing', { ...FREE, act: () => Promise.resolve() }, /nothing to compare/],
  [
    'a provider that heard of a refused call',
    { ...FREE, refused: [], act: async (run) => void (await openaiOf(run).models.list()) },
    /^received \(1 instead of 0\)/,
  ],
])('%s is a difference', async (_, row, expected) => {
  expect((await differences(row)).join('\n\n')).toMatch(expected)
})

test('a scenario that nobody has thought of is a gap, and so is one that is shown and explained away', () => {
  const without = [{ route: ROUTE, scenario: 'plain', because: 'of nothing' }] as const
  const gaps = coverageGaps({ name: 'some', start: startOpenAi, rows: [PLAIN], without })
  expect(gaps).toHaveLength(REQUIRED_SCENARIOS.length)
  expect(gaps).toContain('some, chat completions: no row for stream, and no reason')
  expect(gaps).toContain('some, chat completions: a row for plain, and a reason for there being none')
})

test('amounts are exact, and rounded up once', () => {
  // Three tokens of $0.15 a million at 100 credits a dollar: 45 micro-credits; and of $0.025, 7.5.
  expect(amountOf({ a: 3 }, { a: perMillion('0.15') })).toBe(45n)
  expect(amountOf({ a: 3 }, { a: perMillion('0.025') })).toBe(8n)
  expect(amountOf({ a: 3, b: 3 }, { a: perMillion('0.025'), b: perMillion('0.025') })).toBe(15n)
  expect(amountOf({ a: 1 }, { a: perThousand('10') })).toBe(1_000_000n)
  expect(amountOf({ a: 6.5 }, { a: perMinute('0.006') })).toBe(65_000n)
  expect(amountOf({}, {})).toBe(0n)
})
