import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestLedger, type TestLedger } from '../support/ledger.ts'
import { coverageGaps } from './coverage.ts'
import { type MatrixRow, titleOf } from './row.ts'
import { MATRIX, rowsOf } from './rows/index.ts'
import { runRow } from './run-row.ts'

let open: TestLedger
beforeAll(async () => {
  open = await openTestLedger()
})
afterAll(() => open.close())

const SDKS = MATRIX.map((sdk) => [sdk.name, sdk] as const)

const titled = (rows: readonly MatrixRow[]) => rows.map((row) => [titleOf(row.row), row] as const)

async function expectNoDifference(matrixRow: MatrixRow): Promise<void> {
  expect((await runRow(matrixRow, open.ledger)).differences).toEqual([])
}

/** What users are told is metered. */
const PROMISED: Readonly<Record<string, readonly string[]>> = {
  openai: [
    'chat completions',
    'responses',
    'responses, web search',
    'transcriptions',
    'translations',
    'embeddings',
    'completions',
  ],
  anthropic: ['messages'],
  'ai-sdk': ['chat completions', 'responses', 'messages'],
  langchain: ['chat completions', 'responses'],
  agents: ['chat completions', 'responses'],
  groq: ['chat completions', 'transcriptions'],
  deepgram: ['listen (file)', 'listen (url)'],
  tavily: ['search', 'extract', 'crawl', 'map'],
  exa: ['search', 'answer'],
  brave: ['web', 'news'],
  serper: ['search'],
}

test('every route that is promised has its rows', () => {
  const shown = Object.fromEntries(SDKS.map(([name, { rows }]) => [name, rows.map(({ route }) => route)]))
  for (const [name, routes] of Object.entries(PROMISED))
    expect(shown[name]).toEqual(expect.arrayContaining([...routes]))
})

describe.each(SDKS)('%s, one by one', (_, sdk) => {
  test('each route is shown in each scenario, or it is said why not', () => {
    expect(coverageGaps(sdk)).toEqual([])
    const titles = sdk.rows.map(titleOf)
    expect(titles.filter((title, index) => titles.indexOf(title) !== index)).toEqual([])
  })
  test.each(titled(rowsOf(sdk).filter(({ row }) => row.alone)))('%s', (_title, row) =>
    expectNoDifference(row),
  )
})

// Much of a row is waiting for an SDK to try again: the rows of all SDKs wait at the same time.
describe.concurrent.each(SDKS)('%s', (_, sdk) => {
  test.each(titled(rowsOf(sdk).filter(({ row }) => !row.alone)))('%s', (_title, row) =>
    expectNoDifference(row),
  )
})
