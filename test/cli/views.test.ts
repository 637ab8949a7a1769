import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { parseAmount } from '../../src/amount.ts'
import { auditView } from '../../src/cli/views/audit.ts'
import { balanceView } from '../../src/cli/views/balance.ts'
import { batchesTable } from '../../src/cli/views/batches.ts'
import { receiptView } from '../../src/cli/views/receipt.ts'
import { refundView } from '../../src/cli/views/refund.ts'
import { printable } from '../../src/cli/views/text.ts'
import { usageTable } from '../../src/cli/views/usage.ts'
import type { Batch, Receipt } from '../../src/types.ts'

const FREE = '019ab5e0-1111-7000-8000-000000000001'
const PAID = '019ab5e0-2222-7000-8000-000000000002'
const CHARGE = '019ab5e0-3333-7000-8000-000000000000'

const free: Batch = {
  id: FREE,
  account: 'acme',
  type: 'free',
  source: 'signup',
  allocated: parseAmount('100'),
  remaining: parseAmount('12.345'),
  addedAt: new Date('2026-11-01T09:30:00Z'),
  expiresAt: new Date('2026-12-01T09:30:00Z'),
  state: 'active',
  note: null,
  reference: null,
}

const paid: Batch = {
  ...free,
  id: PAID,
  type: 'paid',
  source: 'top_up',
  allocated: parseAmount('2500'),
  remaining: parseAmount('2500'),
  expiresAt: null,
}

const receipt: Receipt = {
  id: CHARGE,
  account: 'acme',
  category: 'LLM',
  amount: parseAmount('1.5'),
  draws: [
    { batchId: FREE, type: 'free', amount: parseAmount('1') },
    { batchId: PAID, type: 'paid', amount: parseAmount('0.25') },
  ],
  debt: parseAmount('0.25'),
  held: parseAmount('2'),
  model: 'gpt-5-mini',
  agent: 'support',
  user: null,
  conversation: null,
  tags: { team: 'sales' },
  estimated: true,
  receipt: {
    units: { input_tokens: '1200', output_tokens: '88' },
    prices: { input_tokens: '0.00025', output_tokens: '0.002' },
    provider: 'openai',
    rateVersion: 'genai-prices 2026-11-01',
    exactCost: '1.4999996',
    providerCost: '0.015',
    note: 'the answer was cut off',
  },
  chargedAt: new Date('2026-11-22T17:58:31Z'),
  refunds: [
    {
      id: 'r1',
      amount: parseAmount('0.5'),
      batchId: PAID,
      reason: 'wrong answer',
      at: new Date('2026-11-22T18:10:00Z'),
    },
  ],
  repayments: [{ amount: parseAmount('0.25'), batchId: PAID, at: new Date('2026-11-22T18:00:00Z') }],
  net: parseAmount('1'),
}

const plain = (text: string): string => `\n${stripVTControlCharacters(text)}\n`

describe('tables for people', () => {
  it('shows batches with their five columns, amounts aligned at the point', () => {
    expect(plain(batchesTable('acme', [free, paid], { all: false, offset: 0, next: 2 })))
      .toMatchInlineSnapshot(`
      "
      Credit Allocated  Added Date        Remaining Balance  Credit Type  Expiry Date       State   Batch
      ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
                100.00  2026-11-01 09:30             12.345  Free         2026-12-01 09:30  active  019ab5e0-1111-7000-8000-000000000001
              2,500.00  2026-11-01 09:30          2,500.000  Paid         never             active  019ab5e0-2222-7000-8000-000000000002
      Times are in UTC. There may be more: --offset 2
      "
    `)
    expect(batchesTable('acme', [], { all: false, offset: 0, next: null })).toBe('acme has no active credit.')
    expect(batchesTable('acme', [], { all: true, offset: 0, next: null })).toBe('acme has no batches.')
    expect(batchesTable('acme', [], { all: true, offset: 5, next: null })).toBe('acme has no more batches.')
  })

  it('shows a balance as a block', () => {
    const balance = {
      account: 'acme',
      settled: parseAmount('2512.345'),
      held: parseAmount('20'),
      available: parseAmount('2492.345'),
      free: parseAmount('12.345'),
      paid: parseAmount('2500'),
      debt: parseAmount('0'),
      openHolds: 2,
      nextExpiry: { at: new Date('2026-12-01T09:30:00Z'), amount: parseAmount('12.345') },
    }
    expect(plain(balanceView(balance))).toMatchInlineSnapshot(`
      "
      Credits of acme
        Available    2,492.345
        Held            20.000  2 open holds
        Settled      2,512.345
        Free            12.345
        Paid         2,500.000
        Debt             0.000
        Next expiry     12.345  on 2026-12-01 09:30 UTC
      "
    `)
  })

  it('shows usage by what was asked, with totals', () => {
    const rows = [
      { category: 'LLM' as const, model: 'gpt-5-mini', charges: 1204, amount: parseAmount('30.125') },
      { category: 'WebSearch' as const, model: null, charges: 3, amount: parseAmount('0.000001') },
    ]
    expect(plain(usageTable('acme', rows, ['category', 'model']))).toMatchInlineSnapshot(`
      "
      Category   Model       Charges    Credits
      ─────────────────────────────────────────
      LLM        gpt-5-mini    1,204  30.125000
      WebSearch  (none)            3   0.000001
      ─────────────────────────────────────────
      Total                    1,207  30.125001
      "
    `)
    expect(usageTable('acme', [], ['category'])).toBe('acme used nothing in this time.')
  })

  it('shows a receipt from what was used to what came back', () => {
    expect(plain(receiptView(receipt))).toMatchInlineSnapshot(`
      "
      Receipt of charge 019ab5e0-3333-7000-8000-000000000000
        Account        acme
        Charged        2026-11-22 17:58 UTC
        Category       LLM
        Model          gpt-5-mini
        Agent          support
        Tags           team: sales
        Provider       openai
        Provider cost  0.015 USD
        Rate card      genai-prices 2026-11-01
        Exact cost     1.4999996 credits before rounding up
        Note           the answer was cut off

      Unit           Quantity  Price in credits
      ─────────────────────────────────────────
      input_tokens       1200           0.00025
      output_tokens        88             0.002

      Payment
        Amount       1.5 (estimated)
        Held for it  2
        Drawn        1 from Free batch 019ab5e0-1111-7000-8000-000000000001
                     0.25 from Paid batch 019ab5e0-2222-7000-8000-000000000002
        Debt         0.25
        Refunded     0.5 to batch 019ab5e0-2222-7000-8000-000000000002 on 2026-11-22 18:10 UTC: wrong answer
        Repaid       0.25 by batch 019ab5e0-2222-7000-8000-000000000002 on 2026-11-22 18:00 UTC
        Net          1
      "
    `)
  })

  it('shows where a refund went', () => {
    const refund = {
      id: 'r1',
      account: 'acme',
      chargeId: CHARGE,
      amount: parseAmount('1.75'),
      returns: [
        { batchId: PAID, amount: parseAmount('1'), outcome: 'returned' as const },
        { batchId: FREE, amount: parseAmount('0.5'), outcome: 'expired' as const },
        { batchId: null, amount: parseAmount('0.25'), outcome: 'debt' as const },
      ],
      newBatches: [free],
      refundedAt: new Date('2026-11-22T18:10:00Z'),
    }
    expect(plain(refundView(refund))).toMatchInlineSnapshot(`
      "
      Refunded 1.75 credits to acme
        Refund     r1
        Charge     019ab5e0-3333-7000-8000-000000000000
        Refunded   2026-11-22 18:10 UTC
        Returned   1 to batch 019ab5e0-2222-7000-8000-000000000002
                   0.5 to batch 019ab5e0-1111-7000-8000-000000000001, which has expired
                   0.25 off the debt
        New batch  Free batch 019ab5e0-1111-7000-8000-000000000001 with 100, expires 2026-12-01 09:30 UTC
      "
    `)
  })

  it('names what an audit found', () => {
    const counts = { accounts: 1, batches: 2, charges: 40, entries: 1800 }
    const divergence = {
      account: 'acme',
      rule: 'batch.remaining',
      subject: FREE,
      expected: '12.345',
      found: '13',
    }
    expect(plain(auditView({ ...counts, ok: false, divergences: [divergence] }))).toMatchInlineSnapshot(`
      "
      Audit of 1 account, 2 batches, 40 charges, 1,800 entries: 1 divergence, the first of each account.

      Account  Rule             Subject                               Expected  Found
      ───────────────────────────────────────────────────────────────────────────────
      acme     batch.remaining  019ab5e0-1111-7000-8000-000000000001    12.345     13
      "
    `)
    expect(auditView({ ...counts, ok: true, divergences: [] })).toBe(
      'Audit of 1 account, 2 batches, 40 charges, 1,800 entries: all agree.',
    )
  })
})

describe('text of others', () => {
  it.each([
    ['an escape sequence', 'a\u001b[31mb', 'a\\u001b[31mb'],
    ['a line end', 'a\r\nb', 'a\\u000d\\u000ab'],
    ['a turn of the writing direction', 'a\u202eb', 'a\\u202eb'],
  ])('cannot bring in %s', (_, given, shown) => {
    expect(printable(given)).toBe(shown)
    expect(
      stripVTControlCharacters(
        usageTable('acme', [{ model: given, charges: 1, amount: parseAmount('1') }], ['model']),
      ),
    ).toContain(shown)
  })

  it('is left alone otherwise', () => {
    const text = 'Ünïcödé 👩‍💻 — 日本語'
    expect(printable(text)).toBe(text)
  })
})
