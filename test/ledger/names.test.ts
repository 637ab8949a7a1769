import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseAmount } from '../../src/amount.ts'
import type { CreditLedger } from '../../src/credits.ts'
import { openTestLedger, type TestLedger } from '../support/ledger.ts'

let test: TestLedger
let ledger: CreditLedger

beforeAll(async () => {
  test = await openTestLedger()
  ledger = test.ledger
})
afterAll(() => test.close())

/** Texts that SQL, arrays, JSON or people read as something else. */
const NAMES = [
  'a b',
  ' ',
  'null',
  'NULL',
  '{}',
  '{a,b}',
  'a,b',
  '"quoted"',
  "o'clock",
  'back\\slash',
  '\\',
  'new\nline',
  'tab\there',
  'return\rhere',
  'control\u0001',
  '\u007f',
  '$1',
  '%s',
  'naïve ☕ 漢字 👩‍🚀',
  '\u202ereversed',
]

describe.each(NAMES.map((name) => [JSON.stringify(name), name]))('the text %s', (_shown, name) => {
  it('is a good name of an account: every operation and report is on it and no other', async () => {
    const batch = await ledger.grant(name, { type: 'paid', amount: '10', note: name, actor: name })
    const hold = await ledger.authorize(name, { amount: '4', category: 'LLM' })
    const [captured] = await ledger.capture(name, hold.id, '3')
    const second = await ledger.authorize(name, { amount: '4', category: 'LLM' })
    await ledger.extend(name, second.id, '1h')
    await ledger.release(name, second.id)
    await ledger.refund(name, captured!.id, { amount: '1', reason: name, actor: name })
    const booked = await ledger.charge(name, { amount: '1', category: 'LLM' })
    expect(await ledger.balance(name)).toMatchObject({ account: name, available: parseAmount('7'), held: 0n })
    expect(await ledger.batches(name)).toEqual([{ ...batch, remaining: parseAmount('7') }])
    expect(await ledger.explain(name, captured!.id)).toMatchObject({
      account: name,
      refunds: [{ reason: name }],
    })
    expect(await ledger.explain(name, booked.id)).toMatchObject({ account: name, net: parseAmount('1') })
    await ledger.void(name, batch.id, { reason: name })
    expect(await ledger.balance(name)).toMatchObject({ available: 0n })
    expect(await ledger.audit(name)).toMatchObject({ ok: true, accounts: 1, batches: 1, charges: 2 })
  })

  it('is a good key, attribution and tag', async () => {
    const attribution = { model: name, agent: name, user: name, conversation: name, tags: { [name]: name } }
    const act = async () => {
      await ledger.grant('texts', { type: 'paid', amount: '1', key: `grant ${name}` })
      return ledger.charge('texts', { amount: '0.5', category: 'LLM', ...attribution, key: name })
    }
    const charge = await act()
    expect(charge).toMatchObject(attribution)
    expect(await act()).toEqual(charge)
    expect(await ledger.explain('texts', charge.id)).toMatchObject(attribution)
    const usage = await ledger.usage('texts', {
      from: '2025-12-31',
      to: '2026-02-01',
      by: ['model', 'agent', 'user'],
    })
    expect(usage).toContainEqual({
      model: name,
      agent: name,
      user: name,
      charges: 1,
      amount: parseAmount('0.5'),
    })
  })
})

describe('accounts with such names', () => {
  it('are all audited, each once', async () => {
    const report = await ledger.audit()
    expect(report).toMatchObject({ ok: true, accounts: NAMES.length + 1, batches: NAMES.length * 2 })
  })
})
