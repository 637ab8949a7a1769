import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { micro } from '../../src/amount.ts'
import type { CreditLedger } from '../../src/credits.ts'
import type { CreditsErrorCode } from '../../src/errors.ts'
import type { Batch, Charge, Hold } from '../../src/types.ts'
import { digestTables, openTestLedger, refusalOf, type TestLedger } from '../support/ledger.ts'

const UNKNOWN = '00000000-0000-7000-8000-000000000000'
const NO_AMOUNTS: readonly [name: string, amount: unknown][] = [
  ['a negative', '-1'],
  ['a negative in micro-credits', micro(-1n)],
  ['NaN', Number.NaN],
  ['a JavaScript number', 1.5],
  ['7 decimals', '0.0000001'],
  ['an exponent', '1e3'],
  ['a comma', '1,5'],
  ['a space', ' 1'],
  ['an empty text', ''],
  ['no text', undefined],
  ['null', null],
  ['Infinity as text', 'Infinity'],
  ['more than a bigint', '9223372036854.775808'],
  ['more than a bigint in micro-credits', micro(2n ** 63n)],
  ['far more than a bigint', '9'.repeat(40)],
]
const ZEROS: readonly [name: string, amount: unknown][] = [
  ['zero', '0'],
  ['zero with decimals', '0.000000'],
  ['zero micro-credits', micro(0n)],
]
const NO_TEXTS: readonly [name: string, text: unknown][] = [
  ['empty', ''],
  ['of 201 characters', 'a'.repeat(201)],
  ['with a NUL', 'a\0b'],
  ['with half a character', 'a\ud800b'],
  ['that is a number', 7],
  ['that is null', null],
]

let test: TestLedger
let ledger: CreditLedger
let batch: Batch
let charge: Charge
let hold: Hold

beforeAll(async () => {
  test = await openTestLedger()
  ledger = test.ledger
  batch = await ledger.grant('acme', { type: 'paid', amount: '100' })
  charge = await ledger.charge('acme', { amount: '10', category: 'LLM' })
  hold = await ledger.authorize('acme', { amount: '5', category: 'LLM' })
})
afterAll(() => test.close())

/** Whatever a program without types may give. */
type Loose = Record<string, (...parameters: unknown[]) => Promise<unknown>>

interface BadCall {
  what: string
  call: (ledger: Loose) => Promise<unknown>
  code: CreditsErrorCode
}

const bad = (what: string, code: CreditsErrorCode, call: BadCall['call']): BadCall => ({ what, code, call })

const grant = (over: object) => (on: Loose) => on.grant!('acme', { type: 'paid', amount: '1', ...over })
const authorize = (over: object) => (on: Loose) =>
  on.authorize!('acme', { amount: '1', category: 'LLM', ...over })
const book = (over: object) => (on: Loose) => on.charge!('acme', { amount: '1', category: 'LLM', ...over })
const refund = (over: object) => (on: Loose) => on.refund!('acme', charge.id, { reason: 'x', ...over })
const cancel = (over: object) => (on: Loose) => on.void!('acme', batch.id, { reason: 'x', ...over })
const capture = (cost: unknown) => (on: Loose) => on.capture!('acme', hold.id, cost)
const usage = (query: object) => (on: Loose) => on.usage!('acme', query)

const AMOUNTS: BadCall[] = [
  ...[...NO_AMOUNTS, ...ZEROS].flatMap(([name, amount]) => [
    bad(`grant of ${name}`, 'invalid_amount', grant({ amount })),
    bad(`authorize of ${name}`, 'invalid_amount', authorize({ amount })),
    bad(`charge of ${name}`, 'invalid_amount', book({ amount })),
  ]),
  ...[...NO_AMOUNTS.filter(([, amount]) => amount !== undefined), ...ZEROS].map(([name, amount]) =>
    bad(`refund of ${name}`, 'invalid_amount', refund({ amount })),
  ),
  ...NO_AMOUNTS.flatMap(([name, amount]) => [
    bad(`capture of ${name}`, 'invalid_amount', capture(amount)),
    bad(`capture of a line of ${name}`, 'invalid_amount', capture({ amount })),
    bad(
      `capture of a good line and one of ${name}`,
      'invalid_amount',
      capture([{ amount: '1' }, { amount }]),
    ),
  ]),
  bad('capture of no lines', 'invalid_amount', capture([])),
]

const TEXTS: BadCall[] = NO_TEXTS.flatMap(([name, text]) => [
  bad(`grant to an account ${name}`, 'invalid_account', (on) =>
    on.grant!(text, { type: 'paid', amount: '1' }),
  ),
  bad(`authorize on an account ${name}`, 'invalid_account', (on) =>
    on.authorize!(text, { amount: '1', category: 'LLM' }),
  ),
  bad(`capture on an account ${name}`, 'invalid_account', (on) => on.capture!(text, hold.id, '1')),
  bad(`release on an account ${name}`, 'invalid_account', (on) => on.release!(text, hold.id)),
  bad(`extend on an account ${name}`, 'invalid_account', (on) => on.extend!(text, hold.id)),
  bad(`charge on an account ${name}`, 'invalid_account', (on) =>
    on.charge!(text, { amount: '1', category: 'LLM' }),
  ),
  bad(`refund on an account ${name}`, 'invalid_account', (on) =>
    on.refund!(text, charge.id, { reason: 'x' }),
  ),
  bad(`void on an account ${name}`, 'invalid_account', (on) => on.void!(text, batch.id, { reason: 'x' })),
  bad(`balance of an account ${name}`, 'invalid_account', (on) => on.balance!(text)),
  bad(`batches of an account ${name}`, 'invalid_account', (on) => on.batches!(text)),
  bad(`usage of an account ${name}`, 'invalid_account', (on) => on.usage!(text)),
  bad(`explain on an account ${name}`, 'invalid_account', (on) => on.explain!(text, charge.id)),
  bad(`audit of an account ${name}`, 'invalid_account', (on) => on.audit!(text)),
  bad(`grant with a key ${name}`, 'invalid_key', grant({ key: text })),
  bad(`authorize with a key ${name}`, 'invalid_key', authorize({ key: text })),
  bad(`charge with a key ${name}`, 'invalid_key', book({ key: text })),
  bad(`refund with a key ${name}`, 'invalid_key', refund({ key: text })),
  bad(`void with a key ${name}`, 'invalid_key', cancel({ key: text })),
])

const REST: BadCall[] = [
  ...['LLm', 'llm', '', 'Search', undefined, null, 1].flatMap((category) => [
    bad(`authorize for the category ${String(category)}`, 'invalid_category', authorize({ category })),
    bad(`charge for the category ${String(category)}`, 'invalid_category', book({ category })),
  ]),
  bad('capture of an unknown category', 'invalid_category', capture({ amount: '1', category: 'Search' })),
  bad('grant of an unknown type', 'invalid_type', grant({ type: 'gold' })),
  bad('grant from an unknown source', 'invalid_source', grant({ source: 'gift' })),
  bad('grant that expired', 'invalid_time', grant({ expiresAt: '2025-12-31T23:59:59Z' })),
  bad('grant that expires now', 'invalid_time', grant({ expiresAt: '2026-01-01T00:00:00Z' })),
  bad('grant that expires never and never', 'invalid_time', grant({ expiresAt: 'tomorrow' })),
  bad('grant that expires on no date', 'invalid_time', grant({ expiresAt: new Date(Number.NaN) })),
  bad('grant with two expiries', 'invalid_time', grant({ expiresIn: '1d', expiresAt: '2026-06-01' })),
  ...[
    0,
    -1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    '',
    'soon',
    '0d',
    '-1d',
    '11y',
    'd'.repeat(101),
    null,
    {},
  ].flatMap((duration) => [
    bad(
      `grant that expires in ${JSON.stringify(duration)}`,
      'invalid_duration',
      grant({ expiresIn: duration }),
    ),
    bad(`authorize for ${JSON.stringify(duration)}`, 'invalid_duration', authorize({ ttl: duration })),
  ]),
  bad('extension by nothing', 'invalid_duration', (on) => on.extend!('acme', hold.id, 0)),
  bad('refund into a batch of no duration', 'invalid_duration', refund({ newBatch: { expiresIn: 0 } })),
  ...['', 'x', '1', `${UNKNOWN}0`, `${UNKNOWN.slice(0, -1)}g`, 7, null, undefined, `${UNKNOWN}\0`].flatMap(
    (id) => [
      bad(`capture of the hold ${String(id)}`, 'invalid_id', (on) => on.capture!('acme', id, '1')),
      bad(`release of the hold ${String(id)}`, 'invalid_id', (on) => on.release!('acme', id)),
      bad(`extension of the hold ${String(id)}`, 'invalid_id', (on) => on.extend!('acme', id)),
      bad(`refund of the charge ${String(id)}`, 'invalid_id', (on) =>
        on.refund!('acme', id, { reason: 'x' }),
      ),
      bad(`void of the batch ${String(id)}`, 'invalid_id', (on) => on.void!('acme', id, { reason: 'x' })),
      bad(`receipt of the charge ${String(id)}`, 'invalid_id', (on) => on.explain!('acme', id)),
    ],
  ),
  bad('capture of an unknown hold', 'hold_not_found', (on) => on.capture!('acme', UNKNOWN, '1')),
  bad('release of an unknown hold', 'hold_not_found', (on) => on.release!('acme', UNKNOWN)),
  bad('extension of an unknown hold', 'hold_not_found', (on) => on.extend!('acme', UNKNOWN)),
  bad('refund of an unknown charge', 'charge_not_found', (on) =>
    on.refund!('acme', UNKNOWN, { reason: 'x' }),
  ),
  bad('receipt of an unknown charge', 'charge_not_found', (on) => on.explain!('acme', UNKNOWN)),
  bad('void of an unknown batch', 'batch_not_found', (on) => on.void!('acme', UNKNOWN, { reason: 'x' })),
  bad("capture of another account's hold", 'hold_not_found', (on) => on.capture!('other', hold.id, '1')),
  bad("refund of another account's charge", 'charge_not_found', (on) =>
    on.refund!('other', charge.id, { reason: 'x' }),
  ),
  bad("void of another account's batch", 'batch_not_found', (on) =>
    on.void!('other', batch.id, { reason: 'x' }),
  ),
  bad("receipt of another account's charge", 'charge_not_found', (on) => on.explain!('other', charge.id)),
  bad('refund without a reason', 'invalid_text', refund({ reason: '' })),
  bad('void without a reason', 'invalid_text', cancel({ reason: undefined })),
  bad('grant with a note that has a NUL', 'invalid_text', grant({ note: 'a\0' })),
  bad('grant with a note without end', 'invalid_text', grant({ note: 'a'.repeat(100_000) })),
  bad('grant by an actor that has a NUL', 'invalid_text', grant({ actor: 'a\0' })),
  ...['model', 'agent', 'user', 'conversation'].flatMap((name) => [
    bad(`authorize with an empty ${name}`, 'invalid_attribution', authorize({ [name]: '' })),
    bad(`charge with a ${name} that has a NUL`, 'invalid_attribution', book({ [name]: '\0' })),
    bad(`charge with a ${name} without end`, 'invalid_attribution', book({ [name]: 'a'.repeat(100_000) })),
    bad(`charge with a ${name} that is a number`, 'invalid_attribution', book({ [name]: 5 })),
  ]),
  bad('authorize with a tag that is no text', 'invalid_attribution', authorize({ tags: { a: 1 } })),
  bad('authorize with a tag that has a NUL', 'invalid_attribution', authorize({ tags: { 'a\0': 'b' } })),
  bad('authorize with tags without end', 'invalid_attribution', authorize({ tags: manyTags() })),
  bad('authorize with tags that are no object', 'invalid_attribution', authorize({ tags: 'a' })),
  bad('capture of a model that has a NUL', 'invalid_attribution', capture({ amount: '1', model: '\0' })),
  bad('usage from no time', 'invalid_time', usage({ from: 'yesterday' })),
  bad('usage to a time without a zone', 'invalid_time', usage({ to: '2026-01-01T00:00:00' })),
  bad(
    'usage that ends before it begins',
    'invalid_usage_query',
    usage({ from: '2026-02-01', to: '2026-01-01' }),
  ),
  bad('usage in no zone', 'invalid_time_zone', usage({ timeZone: 'Mars/Olympus' })),
  bad('usage in an empty zone', 'invalid_time_zone', usage({ timeZone: '' })),
  bad('usage by a word', 'invalid_usage_query', usage({ by: 'day' })),
  bad('grant of nothing at all', 'invalid_input', (on) => on.grant!('acme', null)),
  bad('authorize of nothing at all', 'invalid_input', (on) => on.authorize!('acme')),
  bad('charge of a number', 'invalid_input', (on) => on.charge!('acme', 5)),
  bad('refund without an input', 'invalid_input', (on) => on.refund!('acme', charge.id)),
  bad('void without an input', 'invalid_input', (on) => on.void!('acme', charge.id, null)),
  bad('capture of a line that is null', 'invalid_input', (on) => on.capture!('acme', charge.id, [null])),
  ...[0, 1.5, Number.NaN, 1001].map((limit) =>
    bad(`batches with a limit of ${limit}`, 'invalid_page', (on) => on.batches!('acme', { limit })),
  ),
  ...[-1, 0.5, 1e30].map((offset) =>
    bad(`batches from ${offset}`, 'invalid_page', (on) => on.batches!('acme', { offset })),
  ),
  bad('usage by nothing known', 'invalid_usage_query', usage({ by: ['colour'] })),
  bad('usage by the same twice', 'invalid_usage_query', usage({ by: ['day', 'day'] })),
]

function manyTags(): Record<string, string> {
  return Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`tag-${n}`, 'x']))
}

describe('bad input', () => {
  it.each([
    ['amounts', AMOUNTS],
    ['accounts and keys', TEXTS],
    ['all else', REST],
  ])('gets a coded error, and nothing is written: %s', async (_name, calls) => {
    const before = await digestTables(ledger)
    const found: Record<string, string> = {}
    for (const { what, call } of calls) {
      found[what] = await call(ledger as unknown as Loose).then(
        () => 'it succeeded',
        (error: unknown) => codeOf(error),
      )
    }
    expect(found).toEqual(Object.fromEntries(calls.map(({ what, code }) => [what, code])))
    expect(await digestTables(ledger)).toEqual(before)
  })

  it('at its edge is good: 200 characters, the largest amount, the smallest', async () => {
    const account = 'é'.repeat(200)
    const all = '9223372036854.775807'
    await ledger.grant(account, { type: 'paid', amount: all, key: 'k'.repeat(200) })
    const booked = await ledger.charge(account, { amount: '0.000001', category: 'LLM', key: 'z'.repeat(200) })
    expect(booked.amount).toBe(1n)
    expect(await ledger.balance(account)).toMatchObject({ available: 2n ** 63n - 2n })
    expect(await ledger.audit(account)).toMatchObject({ ok: true, batches: 1, charges: 1 })
  })

  it('is a grant that would bring an account beyond what a bigint holds: refused, and nothing written', async () => {
    await ledger.grant('rich', { type: 'paid', amount: '9223372036854.775807' })
    const before = await digestTables(ledger)
    const refusal = await refusalOf(ledger.grant('rich', { type: 'paid', amount: '0.000001' }))
    expect(refusal).toMatchObject({ code: 'amount_overflow' })
    expect(await digestTables(ledger)).toEqual(before)
  })

  it('is a capture that would bring its debt beyond what a bigint holds: refused, and nothing written', async () => {
    await ledger.grant('poor', { type: 'paid', amount: '2' })
    const first = await ledger.authorize('poor', { amount: '1', category: 'LLM' })
    const second = await ledger.authorize('poor', { amount: '1', category: 'LLM' })
    await ledger.capture('poor', first.id, '9223372036854.775807')
    const before = await digestTables(ledger)
    const refusal = await refusalOf(ledger.capture('poor', second.id, '9223372036854.775807'))
    expect(refusal).toMatchObject({ code: 'amount_overflow' })
    expect(await digestTables(ledger)).toEqual(before)
    await ledger.capture('poor', second.id, '0')
    expect(await ledger.audit('poor')).toMatchObject({ ok: true })
  })
})

function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && error.name === 'CreditsError') return String(error.code)
  return `no CreditsError: ${String(error)}`
}
