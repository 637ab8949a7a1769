import { describe, expect, it } from 'vitest'
import { receiptView } from '../../bot/views/receipt.ts'
import { parseAmount, ZERO } from '../../src/amount.ts'
import type { Receipt } from '../../src/types.ts'
import { problemsOf } from '../fakes/slack/limits/surfaces.ts'
import { shown } from './support/shown.ts'

const RECEIPT: Receipt = {
  id: '0197a1b2-0000-7000-8000-000000000009',
  account: 'slack:T01',
  category: 'LLM',
  amount: parseAmount('1.203084'),
  draws: [
    { batchId: '0197a1b2-0000-7000-8000-000000000001', type: 'free', amount: parseAmount('1') },
    { batchId: '0197a1b2-0000-7000-8000-000000000002', type: 'paid', amount: parseAmount('0.2') },
  ],
  debt: parseAmount('0.003084'),
  held: parseAmount('2'),
  model: 'gpt-5-mini',
  agent: 'support',
  user: 'U07ABC',
  conversation: 'C9',
  tags: { tier: 'gold' },
  estimated: false,
  receipt: {
    units: { input_tokens: '1200000', output_seconds: '1' },
    prices: { input_tokens: '0.000001', output_seconds: '37/12000' },
    provider: 'openai',
    rateVersion: 'genai-prices 2026-11',
    exactCost: '14437/12000',
    providerCost: '0.012',
  },
  chargedAt: new Date('2026-11-20T10:30:00Z'),
  refunds: [
    {
      id: '0197a1b2-0000-7000-8000-000000000011',
      amount: parseAmount('0.2'),
      batchId: '0197a1b2-0000-7000-8000-000000000002',
      reason: 'wrong <answer>',
      at: new Date('2026-11-21T10:30:00Z'),
    },
  ],
  repayments: [
    {
      amount: parseAmount('0.003084'),
      batchId: '0197a1b2-0000-7000-8000-000000000003',
      at: new Date('2026-11-20T11:00:00Z'),
    },
  ],
  net: parseAmount('1.003084'),
}

describe('receiptView', () => {
  it('tells the whole story of a charge', () => {
    const view = receiptView(RECEIPT)
    expect(problemsOf.content(view)).toEqual([])
    expect(shown(view)).toMatchInlineSnapshot(`
      "1.203084 credits for LLM

      Charged                           Category
      20 Nov 2026, 10:30 UTC            LLM
      Model                             Provider
      gpt-5-mini                        openai
      Agent                             User
      support                           @U07ABC
      Conversation                      Held for it
      C9                                2
      Tags
      tier: gold

      What was used
      • input tokens: 1,200,000 × 0.000001 = 1.2
      • output seconds: 1 × 37/12000 ≈ 0.003083333

      Price
      • 14437/12000 (≈ 1.203083333) credits exactly, 1.203084 credits rounded up to a micro-credit
      • The provider said: 0.012 US dollars
      • Rate card genai-prices 2026-11

      Paid from
      • 1 credit from  Free  batch  0197a1b2-0000-7000-8000-000000000001
      • 0.2 credits from  Paid  batch  0197a1b2-0000-7000-8000-000000000002
      • 0.003084 credits went into debt
      • 0.003084 credits of the debt repaid by batch  0197a1b2-0000-7000-8000-000000000003 , 20 Nov 2026, 11:00 UTC

      What came back
      • 0.2 credits to batch  0197a1b2-0000-7000-8000-000000000002 , 21 Nov 2026, 10:30 UTC: wrong <answer>

      Net 1.003084 credits

      Charge  0197a1b2-0000-7000-8000-000000000009  of account  slack:T01 ."
    `)
    expect(view.text).toMatchInlineSnapshot(
      `"1.203084 credits for LLM, gpt-5-mini, 1.003084 credits after refunds. Charge 0197a1b2-0000-7000-8000-000000000009."`,
    )
  })

  it('marks an estimate, and says what of it is one', () => {
    const view = receiptView({
      ...RECEIPT,
      estimated: true,
      receipt: { note: 'output of a stream that was cut off' },
    })
    expect(shown(view)).toContain('⚠ The usage is an estimate: output of a stream that was cut off.')
    expect(shown(receiptView({ ...RECEIPT, estimated: true, receipt: null }))).toContain(
      '⚠ The usage is an estimate: the provider did not report it.',
    )
  })

  it('shows no heads without a body', () => {
    const bare: Receipt = {
      ...RECEIPT,
      draws: [],
      debt: ZERO,
      held: null,
      model: null,
      agent: null,
      user: null,
      conversation: null,
      tags: null,
      receipt: null,
      refunds: [],
      repayments: [],
      amount: ZERO,
      net: ZERO,
    }
    expect(shown(receiptView(bare))).toMatchInlineSnapshot(`
      "0 credits for LLM

      Charged                           Category
      20 Nov 2026, 10:30 UTC            LLM

      Net 0 credits

      Charge  0197a1b2-0000-7000-8000-000000000009  of account  slack:T01 ."
    `)
  })

  it('computes nothing from what are no numbers, and takes the markup out of them', () => {
    const units = { ['<!channel>']: 'many', pages: '3', seconds: '1' }
    const prices = { ['<!channel>']: '1', pages: 'cheap', seconds: '1/0', minutes: '2' }
    const view = receiptView({ ...RECEIPT, receipt: { units, prices } })
    expect(JSON.stringify(view.blocks)).not.toContain('<!channel>')
    expect(shown(view)).toContain('pages: 3 × cheap\n• seconds: 1 × 1/0\n• minutes: 2 credits each')
  })

  it('stays within what a block holds however much there is to tell', () => {
    const long = 'x'.repeat(3000)
    const many = <Item>(item: Item): Item[] => Array.from({ length: 300 }, () => item)
    const view = receiptView({
      ...RECEIPT,
      model: long,
      agent: long,
      user: long,
      conversation: long,
      tags: { [long]: long },
      draws: many(RECEIPT.draws[0] ?? { batchId: '', type: 'free' as const, amount: ZERO }),
      refunds: many({
        ...RECEIPT.refunds[0],
        id: '',
        reason: long,
        amount: ZERO,
        batchId: null,
        at: new Date(0),
      }),
      receipt: {
        units: Object.fromEntries(Array.from({ length: 90 }, (_, index) => [`${index}${long}`, long])),
        prices: { [long]: long },
        note: long,
        exactCost: long,
        rateVersion: long,
      },
    })
    expect(problemsOf.content(view)).toEqual([])
    expect(shown(view)).toContain('more')
  })
})
