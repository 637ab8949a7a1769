import { afterAll, beforeAll, expect, it } from 'vitest'
import type { CreditLedger } from '../../src/credits.ts'
import { parseCsv } from '../../src/rates/csv.ts'
import { openTestLedger, refusalOf, type TestLedger } from '../support/ledger.ts'

let test: TestLedger
let ledger: CreditLedger

beforeAll(async () => {
  test = await openTestLedger()
  ledger = test.ledger
})
afterAll(() => test.close())

async function collect(parts: AsyncIterable<string>): Promise<string> {
  let text = ''
  for await (const part of parts) text += part
  return text
}

const HEADINGS =
  'charged_at,charge,category,amount,debt,model,agent,user,conversation,tags,estimated,provider,units,rate_version'

it('has a heading, and a line for each charge with what it was for', async () => {
  await ledger.grant('acme', { type: 'paid', amount: '1' })
  const [first, second] = await ledger.book('acme', {
    key: 'k',
    agent: '=HYPERLINK("http://evil.example","click")',
    user: 'U1',
    conversation: '@C1, or "so"',
    tags: { team: 'sales, north' },
    lines: [
      {
        amount: '1.25',
        category: 'LLM',
        model: '-1+1',
        provider: 'openai',
        rateVersion: '2026-11-01',
        units: { input_tokens: '1200' },
      },
      { amount: '0', category: 'WebSearch', estimated: true },
    ],
  })
  const text = await collect(ledger.chargesCsv('acme'))
  expect(text.endsWith('\r\n')).toBe(true)
  expect(parseCsv(text).map(({ cells }) => cells)).toEqual([
    HEADINGS.split(','),
    [
      '2026-01-01T00:00:00.000Z',
      first!.id,
      'LLM',
      '1.25',
      '0.25',
      "'-1+1",
      `'=HYPERLINK("http://evil.example","click")`,
      'U1',
      `'@C1, or "so"`,
      '{"team":"sales, north"}',
      'false',
      'openai',
      '{"input_tokens":"1200"}',
      '2026-11-01',
    ],
    [
      '2026-01-01T00:00:00.000Z',
      second!.id,
      'WebSearch',
      '0',
      '0',
      '',
      `'=HYPERLINK("http://evil.example","click")`,
      'U1',
      `'@C1, or "so"`,
      '{"team":"sales, north"}',
      'true',
      '',
      '',
      '',
    ],
  ])
})

it('of nothing is its heading', async () => {
  expect(await collect(ledger.chargesCsv('nobody'))).toBe(`${HEADINGS}\r\n`)
  expect(await collect(ledger.chargesCsv('acme', { to: '2026-01-01' }))).toBe(`${HEADINGS}\r\n`)
  expect(await refusalOf(collect(ledger.chargesCsv('acme', { from: 'May' })))).toMatchObject({
    code: 'invalid_time',
  })
})

it('comes in pieces of bounded size, however many charges there are', async () => {
  await ledger.grant('many', { type: 'paid', amount: '1' })
  await ledger.database.sql`
    insert into charges (account_id, id, category, amount, debt, draw_batches, draw_amounts, agent, estimated, charged_at)
    select 'many', ('019b0000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'LLM', n, 0, '{}', '{}',
      'agent ' || n, false, '2026-01-01T00:00:00Z'::timestamptz + n * interval '1 second'
    from generate_series(1, 20000) n`
  let lines = 0
  let longest = 0
  let last = ''
  for await (const part of ledger.chargesCsv('many', { from: '2026-01-01T00:00:01Z' })) {
    lines += part.split('\r\n').length - 1
    longest = Math.max(longest, part.length)
    last = part
  }
  expect(lines).toBe(20_001)
  expect(longest).toBeLessThan(200_000)
  expect(last.split('\r\n').at(-2)).toContain('agent 20000')
})

it('may be left before its end', async () => {
  for await (const part of ledger.chargesCsv('many')) {
    expect(part.startsWith(HEADINGS)).toBe(true)
    break
  }
  expect((await ledger.balance('many')).settled).toBe(1_000_000n)
})
