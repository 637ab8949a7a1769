import { tmpdir } from 'node:os'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { parseCsv } from '../../src/rates/csv.ts'
import { createTestDatabase } from '../support/database.ts'
import type { TestDatabase } from '../support/database.ts'
import { CommandLine } from './command-line.ts'

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
const MINUTE = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d`

// Each line is a process of its own, and other tests run beside them.
vi.setConfig({ testTimeout: 120_000 })

let database: TestDatabase
let credits: CommandLine
const charges: { id: string }[] = []

beforeAll(async () => {
  database = await createTestDatabase()
  credits = new CommandLine(tmpdir(), { DATABASE_URL: database.url })
  await credits.json('grant', 'acme', '10', '--type', 'free', '--expires-in', '1d', '--key', 'g1')
  await credits.json('grant', 'acme', '20', '--type', 'paid', '--expires-in', '2d', '--key', 'g2')
  for (const [amount, agent] of [
    ['26', 'support'],
    ['1', '=1+1'],
    ['0.5', 'sales'],
  ] as const) {
    const line = ['charge', 'acme', amount, '--category', 'LLM', '--key', amount]
    charges.push(await credits.json(...line, '--agent', agent, '--model', 'gpt-5-mini'))
  }
}, 120_000)

afterAll(() => database.drop())

const done = async (...words: string[]): Promise<string> => {
  const { code, stdout, stderr } = await credits.run(...words)
  expect({ code, stderr, words }).toStrictEqual({ code: 0, stderr: '', words })
  return stdout
}

it('tells how long the credit lasts', async () => {
  const [forecast, shown, idle] = await Promise.all([
    credits.json('forecast', 'acme'),
    done('forecast', 'acme'),
    done('forecast', 'nobody'),
  ])
  expect(forecast).toStrictEqual({
    perDay: expect.stringMatching(/^\d{3}(\.\d+)?$/),
    since: expect.any(String),
    runsOutAt: expect.any(String),
    daysLeft: expect.any(Number),
    lapses: [],
  })
  // 27.5 in an hour, and 2.5 are left.
  expect(Number(forecast.perDay)).toBeCloseTo(27.5 * 24, 0)
  expect(forecast.daysLeft).toBeCloseTo(2.5 / 660, 3)
  expect(shown).toMatch(
    new RegExp(
      String.raw`^Forecast for acme\n {2}Used +[\d.]+ credits a day since ${MINUTE} UTC\n` +
        String.raw` {2}Lasts +less than a day\n {2}Runs out +${MINUTE} UTC\n$`,
    ),
  )
  expect(idle).toMatch(/^Forecast for nobody\n {2}Used +0 credits .+\n {2}Lasts +nothing was used: .+\n$/)
})

it('lists alerts, open ones or all', async () => {
  const [alerts, shown, none, noneEver] = await Promise.all([
    credits.json('alerts', 'acme'),
    done('alerts', 'acme', '--all'),
    done('alerts', 'nobody'),
    done('alerts', 'nobody', '--all'),
  ])
  expect(alerts).toMatchObject([
    {
      account: 'acme',
      kind: 'low_balance',
      level: 1,
      detail: { settled: expect.any(String) },
      resolvedAt: null,
    },
  ])
  expect(shown).toMatch(
    new RegExp(
      `^Kind +State +Raised +Over +About +Details +Alert\n─+\nlow_balance  low +${MINUTE} .+ ${alerts[0].id}\n`,
    ),
  )
  expect(shown).toContain('settled ')
  expect(none).toBe('nobody has no open alerts.\n')
  expect(noneEver).toBe('nobody has no alerts.\n')
})

it('lists charges a page at a time', async () => {
  const [first, second, shown, none] = await Promise.all([
    credits.json('charges', 'acme', '--limit', '2'),
    credits.json('charges', 'acme', '--limit', '2', '--after', charges[1]!.id),
    done('charges', 'acme', '--limit', '2'),
    done('charges', 'acme', '--to', '2020-01-01'),
  ])
  expect(first).toStrictEqual({ charges: charges.slice(0, 2), next: charges[1]!.id })
  expect(second).toStrictEqual({ charges: charges.slice(2), next: null })
  expect(shown).toMatch(
    new RegExp(
      String.raw`^Charged +Category +Credits +Model +Agent +User +Charge\n─+\n` +
        String.raw`${MINUTE}  LLM +26\.00  gpt-5-mini  support +${UUID}\n` +
        String.raw`${MINUTE}  LLM +1\.00  gpt-5-mini  =1\+1 +${UUID}\n` +
        String.raw`Times are in UTC\. There are more: --after ${charges[1]!.id}\n$`,
    ),
  )
  expect(none).toBe('acme has no charges there.\n')
})

it('writes charges as comma-separated values', async () => {
  const [csv, none, refused, wrong] = await Promise.all([
    done('charges', 'acme', '--csv'),
    done('charges', 'acme', '--csv', '--from', '2020-01-01', '--to', '2020-01-02'),
    credits.run('charges', 'acme', '--csv', '--from', 'May'),
    credits.run('charges', 'acme', '--csv', '--json'),
  ])
  const [head, ...rows] = parseCsv(csv).map(({ cells }) => cells)
  expect(head?.slice(0, 4)).toEqual(['charged_at', 'charge', 'category', 'amount'])
  expect(rows.map((cells) => [cells[1], cells[3], cells[6]])).toEqual([
    [charges[0]!.id, '26', 'support'],
    [charges[1]!.id, '1', "'=1+1"],
    [charges[2]!.id, '0.5', 'sales'],
  ])
  expect(none).toBe(`${head?.join(',')}\r\n`)
  expect(refused).toMatchObject({ code: 1, stdout: '' })
  expect(refused.stderr).toMatch(/\(invalid_time\)\n$/)
  expect(wrong.code).toBe(2)
})

it('lists alerts that are over only where all are asked for', async () => {
  await credits.json('grant', 'acme', '100', '--type', 'paid', '--key', 'g3')
  const [open, all] = await Promise.all([credits.json('alerts', 'acme'), done('alerts', 'acme', '--all')])
  expect(open).toStrictEqual([])
  expect(all).toMatch(new RegExp(String.raw`\nlow_balance  over +${MINUTE}  ${MINUTE} `))
})
