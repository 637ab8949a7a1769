import { describe, expect, it, test } from 'vitest'
import { CreditsError } from '../../src/errors.ts'
import { parseCsv } from '../../src/rates/csv.ts'
import { publishedRates } from '../../src/rates/published.ts'
import { parseRateFile } from '../../src/rates/rate-file.ts'
import { checkRates } from '../../src/rates/rate-input.ts'
import type { RateProblem } from '../../src/rates/rate-problems.ts'

const NOW = new Date('2026-11-22T12:00:00Z')
const GOOD = { provider: 'openai', model: 'gpt-5', unit: 'input_tokens', dollars: '1.1', source: 'contract' }

function refused(work: () => unknown): CreditsError {
  try {
    work()
  } catch (error) {
    if (CreditsError.isInstance(error)) return error
    throw error
  }
  throw new Error('It was not refused.')
}

const problemsOf = (inputs: readonly unknown[]): RateProblem[] =>
  refused(() => checkRates(inputs, publishedRates, NOW)).data['problems'] as RateProblem[]

describe('CSV', () => {
  it('has quoted cells with quotes, commas and line ends in them, and any line end', () => {
    expect(parseCsv('a,b\r\n"x ""y"", z","1\n2"\n\n ,\rlast')).toEqual([
      { line: 1, cells: ['a', 'b'] },
      { line: 2, cells: ['x "y", z', '1\n2'] },
      { line: 5, cells: ['', ''] },
      { line: 6, cells: ['last'] },
    ])
    expect(parseCsv('')).toEqual([])
    expect(parseCsv('\uFEFFa,')).toEqual([{ line: 1, cells: ['a', ''] }])
  })

  it.each(['a"b', '"a"b', 'x\n"open'])('refuses the quote in %j', (text) => {
    expect(refused(() => parseCsv(text))).toMatchObject({ code: 'invalid_rate' })
  })

  it('takes a megabyte in one cell in little time', () => {
    const long = `"${'a""'.repeat(300_000)}",b`
    const startedAt = performance.now()
    expect(parseCsv(long)[0]?.cells[0]).toHaveLength(600_000)
    expect(performance.now() - startedAt).toBeLessThan(1000)
  })
})

test('a CSV file gives prices with the lines that they are on', () => {
  const text =
    'model,provider,unit,dollars,per,source,from\ngpt-5,openai,input_tokens,1.1,1000000,"contract, 7",\n\n'
  const file = parseRateFile(`${text}gpt-5,openai,output_tokens,9,,contract,2026-12-01`)
  expect(file).toEqual({
    inputs: [
      { ...GOOD, per: 1_000_000, source: 'contract, 7' },
      { ...GOOD, unit: 'output_tokens', dollars: '9', from: '2026-12-01' },
    ],
    lines: [2, 4],
  })
  expect(checkRates(file.inputs, publishedRates, NOW, file.lines)).toMatchObject([
    { picoDollars: 1_100_000_000_000n, per: 1_000_000, from: undefined },
    { picoDollars: 9_000_000_000_000n, per: 1, from: new Date('2026-12-01T00:00:00Z') },
  ])
})

test('a JSON file gives prices with their places in the list', () => {
  expect(parseRateFile(JSON.stringify([GOOD, GOOD]))).toEqual({ inputs: [GOOD, GOOD], lines: [1, 2] })
})

test.each([
  ['nothing', '', /first line/],
  ['an empty list', '[]', /no prices/],
  ['an object', '{}', /JSON list/],
  ['broken JSON', '[{', /no JSON/],
  ['a head that lacks a column', 'provider,model,unit,dollars\n', /first line/],
  ['a head with another column', 'provider,model,unit,dollars,source,price\n', /first line/],
  ['a head with a column twice', 'provider,model,unit,dollars,source,source\n', /first line/],
  ['a head alone', 'provider,model,unit,dollars,source\n', /no prices/],
])('refuses %s', (_, text, message) => {
  expect(refused(() => parseRateFile(text))).toMatchObject({
    code: 'invalid_rate',
    message: expect.stringMatching(message) as string,
  })
})

test('a price that cannot be stored exactly is refused', () => {
  const [fine] = checkRates([{ ...GOOD, dollars: '0.000000000001' }], publishedRates, NOW)
  expect(fine?.picoDollars).toBe(1n)
  const [most] = checkRates([{ ...GOOD, dollars: '9223372.036854775807' }], publishedRates, NOW)
  expect(most?.picoDollars).toBe(2n ** 63n - 1n)
  const [free] = checkRates([{ ...GOOD, dollars: '0' }], publishedRates, NOW)
  expect(free?.picoDollars).toBe(0n)
  for (const [dollars, problem] of [
    ['0.0000000000001', /trillionth/],
    ['9223372.036854775808', /9,223,372/],
    ['-1', /decimal number/],
    ['1,5', /decimal number/],
    ['1e999', /decimal number/],
    [0.1, /JSON number is not exact/],
    [undefined, /decimal string/],
  ] as const) {
    expect(problemsOf([{ ...GOOD, dollars }])[0]?.problem, String(dollars)).toMatch(problem)
  }
})

test('all that is wrong is told at once, with the line of each', () => {
  const inputs = [
    GOOD,
    { ...GOOD, provider: '', source: undefined },
    { ...GOOD, unit: 'Input Tokens' },
    { ...GOOD, unit: 'input_token' },
    { ...GOOD, per: 0 },
    { ...GOOD, per: 1.5 },
    { ...GOOD, from: 'tomorrow' },
    { ...GOOD, price: '1' },
    { ...GOOD, dollars: '2' },
    'none',
    { ...GOOD, model: 'x'.repeat(201) },
  ]
  const error = refused(() =>
    checkRates(
      inputs,
      publishedRates,
      NOW,
      inputs.map((_, index) => index + 2),
    ),
  )
  expect(error).toMatchObject({ code: 'invalid_rate' })
  expect(error.message).toContain('10 of 11')
  expect(error.data['problems']).toEqual([
    { line: 3, problem: expect.stringMatching(/^Provider is missing; source is missing/) as string },
    { line: 4, problem: expect.stringContaining('no name of a unit') as string },
    {
      line: 5,
      problem: expect.stringMatching(/no call of gpt-5 is counted in input_token; .*input_tokens/i) as string,
    },
    { line: 6, problem: expect.stringContaining('at least 1') as string },
    { line: 7, problem: expect.stringContaining('whole number') as string },
    { line: 8, problem: expect.stringContaining('ISO 8601') as string },
    { line: 9, problem: 'Unknown: price.' },
    { line: 10, problem: expect.stringContaining('line 2') as string },
    { line: 11, problem: expect.stringContaining('another type') as string },
    { line: 12, problem: expect.stringContaining('200 characters') as string },
  ])
})

test('what is no list, or too long a one, is refused', () => {
  for (const inputs of [Array.from({ length: 10_001 }, () => GOOD), GOOD as unknown as unknown[]]) {
    expect(refused(() => checkRates(inputs, publishedRates, NOW))).toMatchObject({ code: 'invalid_rate' })
  }
})

test('a model of one’s own may be counted in any unit', () => {
  const own = { provider: 'house', model: 'search', unit: 'lookups', dollars: '0.01', source: 'finance' }
  expect(checkRates([own], publishedRates, NOW)).toMatchObject([{ unit: 'lookups', per: 1 }])
})
