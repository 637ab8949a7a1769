import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseAmount } from '../../src/amount.ts'
import type { CreditLedger } from '../../src/credits.ts'
import { openTestLedger, type TestLedger } from '../support/ledger.ts'

const NEIGHBOURS = 200
const UNKNOWN = '00000000-0000-7000-8000-000000000000'

let test: TestLedger
let ledger: CreditLedger

beforeAll(async () => {
  test = await openTestLedger()
  ledger = test.ledger
})
afterAll(() => test.close())

/** What may be wrong with one of many: refused by a check, by a rule, or only by the database. */
const TROUBLEMAKERS: [name: string, trouble: (account: string) => Promise<unknown>, code: string][] = [
  [
    'a malformed amount',
    (account) => ledger.charge(account, { amount: '-1', category: 'LLM' }),
    'invalid_amount',
  ],
  ['a malformed account', () => ledger.charge('a\0', { amount: '1', category: 'LLM' }), 'invalid_account'],
  ['an unknown hold', (account) => ledger.capture(account, UNKNOWN, '1'), 'hold_not_found'],
  [
    'too large a charge',
    (account) => ledger.charge(account, { amount: '900', category: 'LLM' }),
    'insufficient_credits',
  ],
  [
    'a used key',
    (account) => ledger.grant(account, { type: 'paid', amount: '1', key: 'funds' }),
    'key_conflict',
  ],
  [
    'an expiry that has passed',
    (account) => ledger.grant(account, { type: 'free', amount: '1', expiresAt: '2025-01-01' }),
    'invalid_time',
  ],
  [
    'a sum beyond a bigint',
    (account) => ledger.grant(account, { type: 'paid', amount: '9223372036854.775807' }),
    'amount_overflow',
  ],
]

describe('one among many operations at once', () => {
  it.each(TROUBLEMAKERS)('with %s fails alone', async (name, trouble, code) => {
    const account = `beside ${name}`
    await ledger.grant(account, { type: 'paid', amount: '400', key: 'funds' })
    const calls = Array.from({ length: NEIGHBOURS }, (_, n) =>
      n === NEIGHBOURS / 2 ? trouble(account) : ledger.charge(account, { amount: '1', category: 'LLM' }),
    )
    const settled = await Promise.allSettled(calls)
    const failed = settled.filter(({ status }) => status === 'rejected')
    expect(failed).toMatchObject([{ reason: { name: 'CreditsError', code } }])
    expect(await ledger.balance(account)).toMatchObject({
      available: parseAmount(`${400 - (NEIGHBOURS - 1)}`),
    })
    expect(await ledger.audit(account)).toMatchObject({ ok: true, charges: NEIGHBOURS - 1 })
  })

  it('with a receipt that PostgreSQL cannot store is mended, and all are booked', async () => {
    await ledger.grant('mended', { type: 'paid', amount: '400' })
    const receipts = [
      { note: 'a\0b' },
      { note: 'half \ud800' },
      { units: { 'a\0': '1' } },
      { units: { '\ud800': '1' } },
      { providerId: 'x'.repeat(100_000) },
    ]
    const calls = Array.from({ length: NEIGHBOURS }, (_, n) =>
      ledger.charge('mended', { amount: '1', category: 'LLM', ...receipts[n] }),
    )
    const charges = await Promise.all(calls)
    expect(charges).toHaveLength(NEIGHBOURS)
    expect(await ledger.explain('mended', charges[0]!.id)).toMatchObject({ receipt: { note: 'ab' } })
    expect(await ledger.audit('mended')).toMatchObject({ ok: true, charges: NEIGHBOURS })
  })

  it('on many accounts fails alone', async () => {
    const accounts = Array.from({ length: NEIGHBOURS }, (_, n) => `many-${n}`)
    await Promise.all(accounts.map((account) => ledger.grant(account, { type: 'paid', amount: '1' })))
    // Every tenth asks for more than it has.
    const settled = await Promise.allSettled(
      accounts.map((account, n) =>
        ledger.authorize(account, { amount: n % 10 === 0 ? '1.000001' : '1', category: 'LLM' }),
      ),
    )
    const refused = settled.flatMap((result, n) => (result.status === 'rejected' ? [n] : []))
    expect(refused).toEqual(accounts.flatMap((_account, n) => (n % 10 === 0 ? [n] : [])))
    expect(await ledger.audit()).toMatchObject({ ok: true })
  })
})
