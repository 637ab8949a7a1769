import { tmpdir } from 'node:os'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createTestDatabase } from '../support/database.ts'
import type { TestDatabase } from '../support/database.ts'
import { CommandLine } from './command-line.ts'

const NOTHING = '019ab5e0-0000-7000-8000-000000000000'
const call = ['--category', 'LLM', '--key', 'k']

// Each line is a process of its own, and other tests run beside them.
vi.setConfig({ testTimeout: 120_000 })

let database: TestDatabase
let credits: CommandLine

beforeAll(async () => {
  database = await createTestDatabase()
  credits = new CommandLine(tmpdir(), { DATABASE_URL: database.url })
  await credits.json('grant', 'acme', '10', '--type', 'paid')
})

afterAll(() => database.drop())

// The ledger's own tests have every bad input; these show that each command hands on what was typed.
it.concurrent.each([
  [['grant', 'acme', '-5', '--type', 'free'], 'invalid_amount'],
  [['grant', 'acme', '1.0000001', '--type', 'free'], 'invalid_amount'],
  [['grant', '', '1', '--type', 'free'], 'invalid_account'],
  [['grant', 'acme', '1', '--type', 'gift'], 'invalid_type'],
  [['grant', 'acme', '1', '--type', 'free', '--source', 'luck'], 'invalid_source'],
  [['grant', 'acme', '1', '--type', 'free', '--expires-in', 'soon'], 'invalid_duration'],
  [['grant', 'acme', '1', '--type', 'free', '--expires-at', '2020-01-01T00:00:00Z'], 'invalid_time'],
  [['grant', 'acme', '1', '--type', 'free', '--key', ''], 'invalid_key'],
  [['charge', 'acme', '1', '--category', 'Poetry', '--key', 'k'], 'invalid_category'],
  [['charge', 'acme', '1', ...call, '--model', 'm'.repeat(201)], 'invalid_attribution'],
  [['authorize', 'acme', '1', ...call, '--ttl', '0m'], 'invalid_duration'],
  [['capture', 'acme', NOTHING, '1'], 'hold_not_found'],
  [['release', 'acme', 'that one'], 'invalid_id'],
  [['refund', 'acme', NOTHING, '--key', 'k', '--reason', 'r'], 'charge_not_found'],
  [['void', 'acme', NOTHING, '--key', 'k', '--reason', ''], 'invalid_text'],
  [['explain', 'acme', NOTHING], 'charge_not_found'],
  [['usage', 'acme', '--by', 'colour'], 'invalid_usage_query'],
  [['usage', 'acme', '--time-zone', 'Moon/Crater'], 'invalid_time_zone'],
  [['usage', 'acme', '--from', 'yesterday'], 'invalid_time'],
  [['audit', ''], 'invalid_account'],
])('refuses %j as %s', async (words, code) => {
  const refusal = await credits.refusal(...words)
  expect(refusal).toStrictEqual({ code, message: expect.any(String), data: expect.any(Object) })
})

it('has written nothing of what it refused', async () => {
  const [balance, batches] = await Promise.all([
    credits.json('balance', 'acme'),
    credits.json('batches', 'acme', '--all'),
  ])
  expect(balance).toMatchObject({ available: '10', openHolds: 0 })
  expect(batches).toHaveLength(1)
})

it('tells people in one line on stderr, and machines the figures as decimals', async () => {
  const line = ['authorize', 'acme', '10.5', ...call]
  const [human, { code, data }] = await Promise.all([credits.run(...line), credits.refusal(...line)])
  expect(human).toMatchObject({ code: 1, stdout: '' })
  expect(human.stderr).toMatch(/^credits: .*missing.* \(insufficient_credits\)\n$/)
  expect(code).toBe('insufficient_credits')
  expect(data).toMatchObject({ account: 'acme', amount: '10.5', available: '10', missing: '0.5' })
})

it('refuses a database that is not there', async () => {
  const line = new CommandLine(tmpdir(), { DATABASE_URL: 'postgres://nobody:secret@127.0.0.1:1/none' })
  const { code, message } = await line.refusal('balance', 'acme')
  expect(code).toBe('database_unavailable')
  expect(message).not.toContain('secret')
})
