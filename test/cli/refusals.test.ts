import { tmpdir } from 'node:os'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestDatabase } from '../support/database.ts'
import type { TestDatabase } from '../support/database.ts'
import { CommandLine } from './command-line.ts'

const NOTHING = '019ab5e0-0000-7000-8000-000000000000'
const LONG = 'x'.repeat(201)
const call = ['--category', 'LLM', '--key', 'k']

let database: TestDatabase
let credits: CommandLine

beforeAll(async () => {
  database = await createTestDatabase()
  credits = new CommandLine(tmpdir(), { DATABASE_URL: database.url })
  await credits.json('grant', 'acme', '10', '--type', 'paid')
})

afterAll(() => database.drop())

it.each([
  [['grant', 'acme', '0', '--type', 'free'], 'invalid_amount'],
  [['grant', 'acme', '-5', '--type', 'free'], 'invalid_amount'],
  [['grant', 'acme', 'NaN', '--type', 'free'], 'invalid_amount'],
  [['grant', 'acme', '1.0000001', '--type', 'free'], 'invalid_amount'],
  [['grant', 'acme', '9223372036854.775808', '--type', 'free'], 'invalid_amount'],
  [['grant', '', '1', '--type', 'free'], 'invalid_account'],
  [['grant', LONG, '1', '--type', 'free'], 'invalid_account'],
  [['grant', 'acme', '1', '--type', 'gift'], 'invalid_type'],
  [['grant', 'acme', '1', '--type', 'free', '--source', 'luck'], 'invalid_source'],
  [['grant', 'acme', '1', '--type', 'free', '--expires-in', 'soon'], 'invalid_duration'],
  [['grant', 'acme', '1', '--type', 'free', '--expires-at', '2020-01-01T00:00:00Z'], 'invalid_time'],
  [['grant', 'acme', '1', '--type', 'free', '--key', ''], 'invalid_key'],
  [['charge', 'acme', '1', '--category', 'Poetry', '--key', 'k'], 'invalid_category'],
  [['charge', 'acme', '1', '--category', 'LLM', '--key', LONG], 'invalid_key'],
  [['authorize', 'acme', '11', ...call], 'insufficient_credits'],
  [['authorize', 'acme', '1', ...call, '--ttl', '0m'], 'invalid_duration'],
  [['capture', 'acme', 'that one', '1'], 'invalid_id'],
  [['capture', 'acme', NOTHING, '1'], 'hold_not_found'],
  [['release', 'acme', NOTHING], 'hold_not_found'],
  [['refund', 'acme', NOTHING, '--key', 'k', '--reason', 'r'], 'charge_not_found'],
  [['void', 'acme', NOTHING, '--key', 'k', '--reason', 'r'], 'batch_not_found'],
  [['explain', 'acme', NOTHING], 'charge_not_found'],
  [['usage', 'acme', '--by', 'colour'], 'invalid_usage_query'],
  [['usage', 'acme', '--time-zone', 'Moon/Crater'], 'invalid_time_zone'],
  [['usage', 'acme', '--from', 'yesterday'], 'invalid_time'],
])('refuses %j as %s', async (words, code) => {
  const refusal = await credits.refusal(...words)
  expect(refusal).toStrictEqual({ code, message: expect.any(String), data: expect.any(Object) })
})

it('has written nothing of what it refused', async () => {
  expect(await credits.json('balance', 'acme')).toMatchObject({ available: '10', openHolds: 0 })
  expect(await credits.json('batches', 'acme', '--all')).toHaveLength(1)
  expect(await credits.json('usage', 'acme')).toStrictEqual([])
})

it('tells people of a refusal in one line on stderr, with its code', async () => {
  const { code, stdout, stderr } = await credits.run('authorize', 'acme', '11', ...call)
  expect({ code, stdout }).toStrictEqual({ code: 1, stdout: '' })
  expect(stderr).toMatch(/^credits: .*missing.* \(insufficient_credits\)\n$/)
})

it('names the figures of a refusal as decimals', async () => {
  const { data } = await credits.refusal('authorize', 'acme', '10.5', ...call)
  expect(data).toMatchObject({ account: 'acme', amount: '10.5', available: '10', missing: '0.5' })
})

it('refuses a database that is not there', async () => {
  const line = new CommandLine(tmpdir(), { DATABASE_URL: 'postgres://nobody:secret@127.0.0.1:1/none' })
  const { code, message } = await line.refusal('balance', 'acme')
  expect(code).toBe('database_unavailable')
  expect(message).not.toContain('secret')
})
