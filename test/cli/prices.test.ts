import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { CommandLine } from './command-line.ts'

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
const NEXT_YEAR = `${new Date().getUTCFullYear() + 1}-07-01`

// Each line is a process of its own, and other tests run beside them.
vi.setConfig({ testTimeout: 120_000 })

let database: TestDatabase
let credits: CommandLine
let folder: string

beforeAll(async () => {
  database = await createTestDatabase()
  folder = await mkdtemp(join(tmpdir(), 'credits-prices-'))
  credits = new CommandLine(folder, { DATABASE_URL: database.url })
})

afterAll(async () => {
  await database.drop()
  await rm(folder, { recursive: true })
})

const file = async (name: string, text: string): Promise<string> => {
  await writeFile(join(folder, name), text)
  return name
}

it('sets a price, and lists it', async () => {
  const line = [
    'rates',
    'set',
    'openai',
    'gpt-4.1',
    'input_tokens',
    '2.2',
    '--per',
    '1000000',
    '--source',
    'contract 7',
  ]
  expect(await credits.json(...line, '--dry-run')).toMatchObject([{ outcome: 'added', before: '2' }])
  expect(await credits.json('rates', 'list')).toEqual([])
  const [set] = await credits.json(...line)
  expect(set).toStrictEqual({
    provider: 'openai',
    model: 'gpt-4.1',
    unit: 'input_tokens',
    dollars: '2.2',
    per: 1_000_000,
    from: expect.stringMatching(INSTANT),
    source: 'contract 7',
    outcome: 'added',
    before: '2',
  })
  const [later] = await credits.json(...line.with(5, '3'), '--from', NEXT_YEAR)
  expect(later).toMatchObject({ from: `${NEXT_YEAR}T00:00:00.000Z`, before: '2.2' })

  const back = [...line.with(5, 'published'), '--from', `${NEXT_YEAR}T12:00:00Z`]
  expect((await credits.run(...back)).stdout).toMatch(/ published +3 +1,000,000 .* added\n$/)

  const [listed, filtered, none, human] = await Promise.all([
    credits.json('rates', 'list'),
    credits.json('rates', 'list', '--provider', 'openai', '--model', 'gpt-4.1', '--all'),
    credits.json('rates', 'list', '--model', 'gpt-5'),
    credits.run('rates', 'list'),
  ])
  expect(listed).toMatchObject([
    { dollars: '2.2', state: 'in force' },
    { dollars: '3', state: 'to come' },
    { dollars: null, state: 'to come' },
  ])
  expect(filtered).toEqual(listed)
  expect(none).toEqual([])
  expect(human).toMatchObject({ code: 0, stderr: '' })
  expect(human.stdout).toMatch(/^Provider +Model +Unit +Dollars +Per +From \(UTC\) +State +Source\n─+\n/)
  expect(human.stdout).toMatch(
    /\nopenai +gpt-4\.1 +input_tokens +2\.2 +1,000,000 +[\d-]+ [\d:]+ +in force +contract 7\n/,
  )
})

it('imports a file as a whole, JSON or CSV, and once more without a change', async () => {
  const csv = await file(
    'rates.csv',
    'provider,model,unit,dollars,per,from,source\n' +
      `openai,gpt-4.1-mini,input_tokens,0.5,1000000,${NEXT_YEAR},"letter, of May"\n` +
      `house,search,lookups,0.01,,${NEXT_YEAR},finance\n`,
  )
  const json = await file(
    'rates.json',
    JSON.stringify([
      {
        provider: 'house',
        model: 'llm',
        unit: 'input_tokens',
        dollars: '1',
        per: 1_000_000,
        source: 'finance',
      },
    ]),
  )
  expect(await credits.json('rates', 'import', csv, '--dry-run')).toHaveLength(2)
  const first = await credits.json('rates', 'import', csv)
  expect(first).toMatchObject([
    { model: 'gpt-4.1-mini', source: 'letter, of May', outcome: 'added', before: '0.4' },
    { model: 'search', unit: 'lookups', per: 1, outcome: 'added', before: null },
  ])
  const [again, human] = await Promise.all([
    credits.json('rates', 'import', csv),
    credits.run('rates', 'import', json),
  ])
  expect(again).toMatchObject([{ outcome: 'unchanged' }, { outcome: 'unchanged' }])
  expect(human).toMatchObject({ code: 0, stderr: '' })
  expect(human.stdout).toMatch(
    /^Set 1 price\.\n\nProvider .*\n─+\nhouse +llm +input_tokens +1 +no price +1,000,000 .* added\n$/,
  )
})

it('refuses what is wrong in a file, all of it at once, and sets nothing', async () => {
  const bad = await file(
    'bad.csv',
    'provider,model,unit,dollars,per,from,source\n' +
      'openai,gpt-4o,input_tokens,2,1000000,,fine\n' +
      'openai,gpt-4o,input_token,2,1000000,,a unit that is none\n' +
      'openai,gpt-4o,output_tokens,1e-20,1,,too fine\n' +
      'openai,gpt-4o,output_tokens,1,1,,\n',
  )
  const past = await file(
    'past.csv',
    'provider,model,unit,dollars,from,source\nopenai,o3,requests,1,2020-01-01,old\n',
  )
  const [refused, told, tooLate, missing] = await Promise.all([
    credits.refusal('rates', 'import', bad),
    credits.run('rates', 'import', bad),
    credits.refusal('rates', 'import', past),
    credits.refusal('rates', 'import', 'nowhere.csv'),
  ])
  expect(refused).toMatchObject({
    code: 'invalid_rate',
    data: { problems: [{ line: 3 }, { line: 4 }, { line: 5 }] },
  })
  expect(told).toMatchObject({ code: 1, stdout: '' })
  expect(told.stderr).toMatch(
    /^credits: Nothing was set: 3 of 4 .* line 3: .* line 4: .* line 5: .* \(invalid_rate\)\n$/,
  )
  expect(tooLate).toMatchObject({
    code: 'invalid_rate',
    message: expect.stringContaining('is past') as string,
  })
  expect(missing).toMatchObject({
    code: 'invalid_rate',
    message: expect.stringContaining('cannot be read') as string,
  })
  expect(await credits.json('rates', 'list', '--model', 'gpt-4o')).toEqual([])
})

it('sets how dollars become credits, for all and for one', async () => {
  expect((await credits.run('pricing', 'list')).stdout).toBe(
    'Nothing was set: 100 credits per dollar, markup 1.\n',
  )
  const from = expect.stringMatching(INSTANT) as string
  expect(
    await credits.json('pricing', 'set', '--credits-per-dollar', '1000', '--markup', '1.25'),
  ).toStrictEqual([
    { account: null, setting: 'creditsPerDollar', value: '1000', from, state: 'in force' },
    { account: null, setting: 'markup', value: '1.25', from, state: 'in force' },
  ])
  await credits.json('pricing', 'set', '--account', 'acme', '--markup', '1')
  expect(
    await credits.json('pricing', 'set', '--account', 'acme', '--markup', 'default', '--from', NEXT_YEAR),
  ).toMatchObject([
    { account: 'acme', setting: 'markup', value: '1', state: 'in force' },
    { account: 'acme', setting: 'markup', value: null, state: 'to come' },
  ])
  const [all, one, human, nothing, zero] = await Promise.all([
    credits.json('pricing', 'list'),
    credits.json('pricing', 'list', '--account', 'acme'),
    credits.run('pricing', 'list', '--account', 'acme'),
    credits.refusal('pricing', 'set', '--account', 'acme'),
    credits.refusal('pricing', 'set', '--markup', '0'),
  ])
  expect(all).toHaveLength(4)
  expect(one).toEqual(all.slice(2))
  expect(human.stdout).toMatch(
    /^Account +Setting +Value +From \(UTC\) +State\n─+\nacme +markup +1 +.* in force\nacme +markup +default +.* to come\n$/,
  )
  expect(nothing.code).toBe('invalid_setting')
  expect(zero.code).toBe('invalid_setting')
})

it.each([
  [['rates']],
  [['rates', 'set', 'openai', 'gpt-5', 'input_tokens', '1']],
  [['rates', 'set', 'openai', 'gpt-5', 'input_tokens', '1', '--source', 's', '--per', '0']],
  [['rates', 'import']],
  [['pricing', 'get']],
])('takes %j for wrong usage', async (words) => {
  expect(await credits.run(...words)).toMatchObject({ code: 2, stdout: '' })
})
