import { tmpdir } from 'node:os'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createEmptyDatabase, createTestDatabase } from '../support/database.ts'
import type { TestDatabase } from '../support/database.ts'
import { CommandLine } from './command-line.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
const MINUTE = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d`

// Each line is a process of its own, and other tests run beside them.
vi.setConfig({ testTimeout: 120_000 })

let database: TestDatabase
let credits: CommandLine

beforeAll(async () => {
  database = await createTestDatabase()
  credits = new CommandLine(tmpdir(), { DATABASE_URL: database.url })
})

afterAll(() => database.drop())

describe('a call of each kind, from the grant to the receipt', () => {
  let free: { id: string }
  let paid: { id: string }
  let charge: { id: string }
  let search: { chargedAt: string }

  it('grants', async () => {
    const grantFree = ['grant', 'acme', '10', '--type', 'free', '--expires-in', '30d', '--key', 'signup']
    free = await credits.json(...grantFree)
    paid = await credits.json(
      'grant',
      'acme',
      '100.5',
      '--type',
      'paid',
      '--note',
      'invoice 7',
      '--actor',
      'kim',
    )

    expect(free).toStrictEqual({
      id: expect.stringMatching(UUID),
      account: 'acme',
      type: 'free',
      source: 'signup',
      allocated: '10',
      remaining: '10',
      addedAt: expect.stringMatching(INSTANT),
      expiresAt: expect.stringMatching(INSTANT),
      state: 'active',
      note: null,
      reference: null,
    })
    expect(paid).toMatchObject({ type: 'paid', source: 'top_up', expiresAt: null, note: 'invoice 7' })
    const [again, conflict] = await Promise.all([
      credits.json(...grantFree),
      credits.refusal('grant', 'acme', '11', ...grantFree.slice(3)),
    ])
    expect(again).toStrictEqual(free)
    expect(conflict).toMatchObject({ code: 'key_conflict', data: { account: 'acme', key: 'signup' } })
  })

  it('charges, free credit first, and replays by key', async () => {
    const line = ['charge', 'acme', '12', '--category', 'LLM', '--key', 'answer-1', '--model', 'gpt-5-mini']
    const attribution = ['--agent', 'support', '--user', 'U1', '--conversation', 'C9']
    charge = await credits.json(...line, ...attribution)

    expect(charge).toMatchObject({
      id: expect.stringMatching(UUID),
      account: 'acme',
      category: 'LLM',
      amount: '12',
      draws: [
        { batchId: free.id, type: 'free', amount: '10' },
        { batchId: paid.id, type: 'paid', amount: '2' },
      ],
      debt: '0',
      held: null,
      model: 'gpt-5-mini',
      agent: 'support',
      user: 'U1',
      conversation: 'C9',
      estimated: false,
      chargedAt: expect.stringMatching(INSTANT),
    })
    const [again, conflict] = await Promise.all([
      credits.json(...line, ...attribution),
      credits.run(...line, '--agent', 'sales'),
    ])
    expect(again).toStrictEqual(charge)
    expect(conflict).toMatchObject({ code: 1, stdout: '' })
    expect(conflict.stderr).toMatch(/^credits: .+ \(key_conflict\)\n$/)
  })

  it('holds, extends, captures and releases', async () => {
    const line = ['authorize', 'acme', '5', '--category', 'WebSearch', '--ttl', '1h', '--key']
    const hold = await credits.json(...line, 'search-1', '--user', 'U2')
    expect(hold).toStrictEqual({
      id: expect.stringMatching(UUID),
      account: 'acme',
      amount: '5',
      category: 'WebSearch',
      state: 'open',
      authorizedAt: expect.stringMatching(INSTANT),
      expiresAt: expect.stringMatching(INSTANT),
    })
    expect(Date.parse(hold.expiresAt) - Date.parse(hold.authorizedAt)).toBe(3_600_000)
    expect(await credits.json('balance', 'acme')).toStrictEqual({
      account: 'acme',
      settled: '98.5',
      held: '5',
      available: '93.5',
      free: '0',
      paid: '98.5',
      debt: '0',
      openHolds: 1,
      nextExpiry: null,
    })

    const extended = await credits.json('extend', 'acme', hold.id, '--ttl', '2h')
    expect(extended).toMatchObject({ id: hold.id, state: 'open' })
    expect(Date.parse(extended.expiresAt)).toBeGreaterThan(Date.parse(hold.expiresAt))

    search = await credits.json('capture', 'acme', hold.id, '0.25')
    expect(search).toMatchObject({ category: 'WebSearch', amount: '0.25', held: '5', user: 'U2' })
    expect(search).toHaveProperty('draws', [{ batchId: paid.id, type: 'paid', amount: '0.25' }])

    const unused = await credits.json(...line, 'search-2')
    expect(await credits.json('release', 'acme', unused.id)).toMatchObject({
      id: unused.id,
      state: 'released',
    })
    const late = await credits.refusal('extend', 'acme', unused.id)
    expect(late.code).toBe('hold_released')
  })

  it('refunds, in part and all the rest, and makes a new batch where it is asked to', async () => {
    const reason = ['--reason', 'wrong answer', '--actor', 'kim']
    const part = await credits.json('refund', 'acme', charge.id, '1.5', '--key', 'refund-1', ...reason)
    expect(part).toStrictEqual({
      id: expect.stringMatching(UUID),
      account: 'acme',
      chargeId: charge.id,
      amount: '1.5',
      returns: [{ batchId: paid.id, amount: '1.5', outcome: 'returned' }],
      newBatches: [],
      refundedAt: expect.stringMatching(INSTANT),
    })
    await credits.json('void', 'acme', free.id, '--key', 'void-1', '--reason', 'abuse')
    const newBatch = ['--new-batch', '--expires-in', '7d']
    const rest = await credits.json('refund', 'acme', charge.id, '--key', 'refund-2', ...reason, ...newBatch)
    expect(rest.amount).toBe('10.5')
    expect(rest.newBatches).toMatchObject([{ type: 'free', allocated: '10', state: 'active' }])
    const tooMuch = await credits.refusal('refund', 'acme', charge.id, '1', '--key', 'refund-3', ...reason)
    expect(tooMuch.code).toBe('refund_exceeds_charge')
  })

  it('explains the charge', async () => {
    expect(await credits.json('explain', 'acme', charge.id)).toMatchObject({
      ...charge,
      refunds: expect.arrayContaining([expect.objectContaining({ amount: '1.5', reason: 'wrong answer' })]),
      repayments: [],
      net: '0',
    })
  })

  it('lists batches in the order in which they are spent', async () => {
    const active = await credits.json('batches', 'acme')
    expect(active.map((batch: { type: string }) => batch.type)).toStrictEqual(['free', 'paid'])
    expect(active[1]).toMatchObject({ id: paid.id, remaining: '100.25' })
    const all = await credits.json('batches', 'acme', '--all')
    expect(all).toHaveLength(3)
    expect(all).toContainEqual(expect.objectContaining({ id: free.id, state: 'voided', remaining: '0' }))
    expect(await credits.json('batches', 'acme', '--all', '--limit', '1', '--offset', '1')).toStrictEqual([
      all[1],
    ])
  })

  it('splits usage as asked', async () => {
    expect(await credits.json('usage', 'acme')).toStrictEqual(
      expect.arrayContaining([
        { category: 'LLM', charges: 1, amount: '0' },
        { category: 'WebSearch', charges: 1, amount: '0.25' },
      ]),
    )
    const zone = 'Pacific/Kiritimati'
    const day = new Intl.DateTimeFormat('sv-SE', { timeZone: zone }).format(new Date(search.chargedAt))
    const byDay = await credits.json('usage', 'acme', '--by', 'day, user', '--time-zone', zone)
    expect(byDay).toContainEqual({ day, user: 'U2', charges: 1, amount: '0.25' })
    expect(await credits.json('usage', 'acme', '--to', '2026-01-01T00:00:00Z')).toStrictEqual([])
  })
})

it('voids a part of a batch, and moves its expiry', async () => {
  const batch = await credits.json('grant', 'parts', '10', '--type', 'paid', '--reference', 'pi_1')
  expect(batch).toMatchObject({ reference: 'pi_1', expiresAt: null })
  const why = ['--reason', 'half a refund', '--actor', 'kim']
  const part = ['void', 'parts', batch.id, '--amount', '4', ...why, '--key']
  expect(await credits.json(...part, 'v1')).toMatchObject({ remaining: '6', state: 'active' })
  const [replayed, tooMuch, extended, human] = await Promise.all([
    credits.json(...part, 'v1'),
    credits.refusal('void', 'parts', batch.id, '--amount', '7', '--key', 'v2', ...why),
    credits.json('extend-batch', 'parts', batch.id, '--expires-at', '2100-01-01', '--key', 'e1', ...why),
    credits.run('extend-batch', 'parts', batch.id, '--never', '--key', 'e2', ...why),
  ])
  expect(replayed).toMatchObject({ remaining: '6' })
  expect(tooMuch).toMatchObject({ code: 'void_exceeds_batch', data: { remaining: '6' } })
  expect(extended).toMatchObject({ id: batch.id, expiresAt: '2100-01-01T00:00:00.000Z' })
  expect(human).toMatchObject({ code: 0, stderr: '' })
  expect(human.stdout).toMatch(/^Changed the expiry of a batch of parts\n/)
  expect(human.stdout).toMatch(/\n {2}Expires +never\n(.+\n)* {2}Reference +pi_1\n$/)
})

it('shows and sets where the low-balance alert begins', async () => {
  await credits.json('grant', 'lined', '1000', '--type', 'paid')
  const line = ['alert-line', 'lined']
  const shown = { account: 'lined', amount: null, percent: 20, base: '1000', line: '200', level: 0 }
  expect(await credits.json(...line)).toStrictEqual(shown)
  const set = await credits.json(
    ...line,
    '--amount',
    '1500',
    '--percent',
    '10',
    '--key',
    'k',
    '--actor',
    'kim',
  )
  expect(set).toStrictEqual({ ...shown, amount: '1500', percent: 10, line: '1500', level: 1 })
  const human = await credits.run(...line)
  expect(human).toMatchObject({ code: 0, stderr: '' })
  expect(human.stdout).toMatch(
    /^Low-balance alert of lined\n {2}Line +1,500\n {2}Amount +1,500\n {2}Percentage +10 % of the 1,000 /,
  )
  expect(human.stdout).toMatch(/\n {2}Balance +low\n$/)
  expect(await credits.json(...line, '--no-amount', '--default-percent')).toStrictEqual(shown)
})

it('sweeps what has expired, and leaves a clean audit', async () => {
  await credits.json('grant', 'brief', '3', '--type', 'free', '--expires-in', '1s')
  await expect.poll(() => credits.json('balance', 'brief'), { timeout: 60_000 }).toMatchObject({ free: '0' })
  expect(await credits.json('sweep')).toStrictEqual({
    accounts: 1,
    expiredBatches: 1,
    expiredAmount: '3',
    lapsedHolds: 0,
  })
  const report = await credits.json('audit', 'brief')
  expect(report).toMatchObject({ ok: true, accounts: 1, batches: 1, charges: 0, divergences: [] })
})

it('audit exits 1 on a divergence and names it', async () => {
  const planted = await createTestDatabase()
  const sql = postgres(planted.url, { max: 1 })
  try {
    const line = new CommandLine(tmpdir(), { DATABASE_URL: planted.url })
    const batch = await line.json('grant', 'acme', '10', '--type', 'paid', '--key', 'k')
    await sql`update batches set drawn = drawn + 1000000, remaining = remaining - 1000000 where id = ${batch.id}`

    const [machine, human, other] = await Promise.all([
      line.run('audit', '--json'),
      line.run('audit', 'acme'),
      line.run('audit', 'other'),
    ])
    expect(machine).toMatchObject({ code: 1, stderr: '' })
    const report = JSON.parse(machine.stdout)
    expect(report).toMatchObject({
      ok: false,
      divergences: [{ account: 'acme', subject: expect.any(String) }],
    })
    expect(report.divergences[0].rule).toMatch(/^batch/)
    expect(human).toMatchObject({ code: 1, stderr: '' })
    expect(human.stdout).toContain('1 divergence')
    expect(human.stdout).toContain(batch.id)
    expect(other).toMatchObject({ code: 0, stderr: '' })
  } finally {
    await sql.end()
    await planted.drop()
  }
})

it('tells people the same in tables and blocks', async () => {
  const done = async (...words: string[]) => {
    const { code, stdout, stderr } = await credits.run(...words)
    expect({ code, stderr, words }).toStrictEqual({ code: 0, stderr: '', words })
    return stdout
  }
  const granted = await done('grant', 'people', '1234.5', '--type', 'free', '--expires-in', '30d')
  expect(granted).toMatch(/^Granted 1,234\.5 Free credits to people\n {2}Batch +[0-9a-f-]{36}\n/)

  const [held, unused] = await Promise.all([
    done('authorize', 'people', '2', '--category', 'LLM', '--key', 'h', '--model', 'm'),
    done('authorize', 'people', '3', '--category', 'LLM', '--key', 'h2'),
  ])
  expect(held).toMatch(/^Held 2 credits of people\n {2}Hold +[0-9a-f-]{36}\n/)
  const [extended, released] = await Promise.all([
    done('extend', 'people', idIn(held)),
    done('release', 'people', idIn(unused)),
  ])
  expect(extended).toMatch(/^Extended the hold on 2 credits of people\n/)
  expect(released).toMatch(/^Released 3 credits of people\n/)

  const [captured, charged] = await Promise.all([
    done('capture', 'people', idIn(held), '1'),
    done('charge', 'people', '3', '--category', 'LLM', '--key', 'c'),
  ])
  expect(captured).toMatch(/^Charged people\n {2}Charge +[0-9a-f-]{36}\n/)
  expect(captured).toMatch(/\n {2}Drawn +1 from Free batch [0-9a-f-]{36}\n$/)
  expect(charged).toMatch(/^Charged people\n/)
  const charge = idIn(captured)
  const refunded = await done('refund', 'people', charge, '0.5', '--key', 'r', '--reason', 'why')
  expect(refunded).toMatch(/^Refunded 0\.5 credits to people\n/)

  const [receipt, balance, batches, usage] = await Promise.all([
    done('explain', 'people', charge),
    done('balance', 'people'),
    done('batches', 'people'),
    done('usage', 'people', '--by', 'category,model'),
  ])
  expect(receipt).toMatch(new RegExp(`^Receipt of charge ${charge}\n`))
  expect(receipt).toMatch(/\n {2}Refunded +0\.5 to batch .+: why\n {2}Net +0\.5\n$/)
  expect(balance).toMatch(/^Credits of people\n {2}Available +1,231\.00\n/)
  expect(batches).toMatch(
    new RegExp(
      '^Credit Allocated  Added Date +Remaining Balance  Credit Type  Expiry Date +State +Batch\n─+\n' +
        ` +1,234\\.50  ${MINUTE} +1,231\\.00  Free +${MINUTE} +active +${idIn(granted)}\nTimes are in UTC\\.\n$`,
    ),
  )
  expect(usage).toMatch(/^Category +Model +Charges +Credits\n─+\n(LLM .+\n){2}─+\nTotal +2 +3\.50\n$/)

  const [voided, swept, audited] = await Promise.all([
    done('void', 'people', idIn(granted), '--key', 'v', '--reason', 'why'),
    done('sweep'),
    done('audit', 'acme'),
  ])
  expect(voided).toMatch(/^Voided a batch of people\n/)
  expect(voided).toMatch(/\n {2}Remaining +0\n/)
  expect(swept).toMatch(/^Swept \d+ accounts?: /)
  expect(audited).toMatch(/^Audit of 1 account, .+: all agree\.\n$/)
})

/** The id in the second line of a block. */
const idIn = (block: string): string => block.split('\n')[1]!.trim().split(/ +/)[1]!

it('gives an account its signup grant on its first mention', async () => {
  const line = new CommandLine(tmpdir(), {
    DATABASE_URL: database.url,
    SIGNUP_CREDITS: '25',
    SIGNUP_EXPIRES: '7d',
  })
  const expiresAt = new Date(Date.now() + 30 * 24 * 60 * 60 * 1000).toISOString()
  const granted = await line.json('grant', 'newcomer', '5', '--type', 'paid', '--expires-at', expiresAt)
  expect(granted).toMatchObject({ expiresAt })
  const balance = await line.json('balance', 'newcomer')
  expect(balance).toMatchObject({ free: '25', paid: '5', nextExpiry: { amount: '25' } })
})

it('migrates an empty database, and says so', async () => {
  const empty = await createEmptyDatabase()
  try {
    const line = new CommandLine(tmpdir(), { DATABASE_URL: empty.url })
    const first = await line.json('migrate')
    expect(first).toStrictEqual({ applied: first.version, version: expect.any(Number) })
    expect(first.applied).toBeGreaterThan(0)
    expect((await line.run('migrate')).stdout).toBe(
      `Nothing to apply: the schema is at version ${first.version}.\n`,
    )
  } finally {
    await empty.drop()
  }
})
