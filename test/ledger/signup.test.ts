import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseAmount } from '../../src/amount.ts'
import type { CreditLedger } from '../../src/credits.ts'
import { openTestLedger, refusalOf, type TestLedger } from '../support/ledger.ts'

let test: TestLedger
let ledger: CreditLedger
let other: CreditLedger

beforeAll(async () => {
  test = await openTestLedger({ signup: { amount: '25', expiresIn: '30d' } })
  ledger = test.ledger
  other = await test.openAnother()
})
afterAll(() => test.close())

const UNKNOWN = '00000000-0000-7000-8000-000000000000'

const FIRST_MENTIONS: [name: string, mention: (account: string) => Promise<unknown>][] = [
  ['balance', (account) => ledger.balance(account)],
  ['batches', (account) => ledger.batches(account)],
  ['usage', (account) => ledger.usage(account)],
  ['authorize', (account) => ledger.authorize(account, { amount: '1', category: 'LLM' })],
  ['charge', (account) => ledger.charge(account, { amount: '1', category: 'LLM' })],
  ['grant', (account) => ledger.grant(account, { type: 'paid', amount: '1' })],
  [
    'a refused authorize',
    (account) => refusalOf(ledger.authorize(account, { amount: '26', category: 'LLM' })),
  ],
]

describe('an account with a signup grant', () => {
  it.each(FIRST_MENTIONS)('has it from its first mention by %s', async (name, mention) => {
    const account = `by ${name}`
    await mention(account)
    const batches = await ledger.batches(account)
    expect(batches.filter(({ source }) => source === 'signup')).toMatchObject([
      {
        type: 'free',
        allocated: parseAmount('25'),
        addedAt: test.clock.now(),
        expiresAt: new Date(test.clock.now().getTime() + 30 * 24 * 60 * 60 * 1000),
      },
    ])
  })

  it('is spent by the very call that mentions it first', async () => {
    const charge = await ledger.charge('at once', { amount: '25', category: 'LLM' })
    expect(charge).toMatchObject({ draws: [{ type: 'free', amount: parseAmount('25') }], debt: 0n })
    expect(await ledger.balance('at once')).toMatchObject({ available: 0n })
  })

  it('gets it once, however many mention it at once through however many ledgers', async () => {
    const mentions = Array.from({ length: 30 }, (_, n) => (n % 2 === 0 ? ledger : other).balance('crowd'))
    const balances = await Promise.all(mentions)
    for (const balance of balances) expect(balance).toMatchObject({ available: parseAmount('25') })
    expect(await ledger.batches('crowd', { all: true })).toHaveLength(1)
    expect(await ledger.audit('crowd')).toMatchObject({ ok: true, batches: 1 })
  })

  it('does not get it again when it is spent, expired, or voided', async () => {
    const [batch] = await ledger.batches('gone')
    await ledger.void('gone', batch!.id, { reason: 'abuse' })
    const late = await test.openAnother()
    expect(await late.balance('gone')).toMatchObject({ available: 0n })
    expect(await late.batches('gone', { all: true })).toHaveLength(1)
  })

  it('has used the key `signup`', async () => {
    await ledger.balance('key')
    const grant = ledger.grant('key', { type: 'free', amount: '1000', key: 'signup' })
    expect(await refusalOf(grant)).toMatchObject({ code: 'key_conflict' })
  })

  it('has it although the call that mentions it names an unknown hold', async () => {
    expect(await refusalOf(ledger.capture('unknown', UNKNOWN, '1'))).toMatchObject({ code: 'hold_not_found' })
    expect(await ledger.balance('unknown')).toMatchObject({ available: parseAmount('25') })
  })
})

describe('an account without a signup grant', () => {
  it('has nothing, and reading it makes no row', async () => {
    const plain = await openTestLedger()
    try {
      expect(await plain.ledger.balance('nobody')).toEqual({
        account: 'nobody',
        settled: 0n,
        held: 0n,
        available: 0n,
        free: 0n,
        paid: 0n,
        debt: 0n,
        openHolds: 0,
        nextExpiry: null,
      })
      expect(await plain.ledger.batches('nobody', { all: true })).toEqual([])
      expect(await plain.ledger.usage('nobody')).toEqual([])
      expect(await plain.ledger.audit()).toMatchObject({ ok: true, accounts: 0 })
    } finally {
      await plain.close()
    }
  })
})
