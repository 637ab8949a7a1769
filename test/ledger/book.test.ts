import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MAX_CREDITS, micro, parseAmount } from '../../src/amount.ts'
import type { CreditLedger } from '../../src/credits.ts'
import { openTestLedger, refusalOf, type TestLedger } from '../support/ledger.ts'

let test: TestLedger
let ledger: CreditLedger
beforeAll(async () => {
  test = await openTestLedger()
  ledger = test.ledger
})
afterAll(() => test.close())

const LINES = [
  { amount: '2', category: 'LLM', provider: 'openai', units: { input_tokens: '10' } },
  { amount: '1', category: 'WebSearch', model: 'search', estimated: true },
] as const

describe('what a provider has been paid for already', () => {
  it('is booked without a hold: over all credit there is, also what calls hold, and then into debt', async () => {
    const batch = await ledger.grant('paid', { type: 'paid', amount: '2.5' })
    await ledger.authorize('paid', { amount: '2', category: 'LLM' })
    const attribution = { model: 'gpt-5-mini', agent: 'nightly', tags: { plan: 'gold' } }
    const booked = await ledger.book('paid', { key: 'once', lines: LINES, ...attribution })
    expect(booked).toMatchObject([
      {
        category: 'LLM',
        amount: parseAmount('2'),
        draws: [{ batchId: batch.id, amount: parseAmount('2') }],
        debt: 0n,
        held: null,
        ...attribution,
        estimated: false,
        receipt: { provider: 'openai', units: { input_tokens: '10' } },
      },
      {
        category: 'WebSearch',
        draws: [{ amount: parseAmount('0.5') }],
        debt: parseAmount('0.5'),
        model: 'search',
      },
    ])
    expect(await ledger.balance('paid')).toMatchObject({
      available: micro(-2_500_000n),
      held: parseAmount('2'),
      debt: parseAmount('0.5'),
    })
    expect((await ledger.explain('paid', booked[1]!.id)).tags).toEqual(attribution.tags)
    expect(await ledger.audit('paid')).toMatchObject({ ok: true })
  })

  it('is booked once by its key, through any ledger, at once or later', async () => {
    const other = await test.openAnother()
    const input = { key: 'twice', lines: LINES }
    const answers = await Promise.all([ledger, other, ledger, other].map((each) => each.book('keyed', input)))
    for (const answer of answers) expect(answer).toEqual(answers[0])
    expect(await other.book('keyed', input)).toEqual(answers[0])
    expect(await ledger.balance('keyed')).toMatchObject({ debt: parseAmount('3') })
    const changed = { ...input, lines: [{ amount: '3', category: 'LLM' as const }] }
    expect(await refusalOf(ledger.book('keyed', changed))).toMatchObject({ code: 'key_conflict' })
    expect(await refusalOf(ledger.book('keyed', { ...input, agent: 'another' }))).toMatchObject({
      code: 'key_conflict',
    })
  })

  it('is booked all or none', async () => {
    const lines = [
      { amount: '1', category: 'LLM' as const },
      { amount: MAX_CREDITS, category: 'LLM' as const },
    ]
    expect(await refusalOf(ledger.book('whole', { key: 'whole', lines }))).toMatchObject({
      code: 'amount_overflow',
    })
    expect(await ledger.usage('whole', { by: [] })).toEqual([])
    // A refusal is no answer: the key is free.
    await ledger.book('whole', { key: 'whole', lines: [lines[0]!] })
    expect(await ledger.balance('whole')).toMatchObject({ debt: parseAmount('1') })
  })

  it.each([
    ['no lines', { lines: [] }, 'invalid_amount'],
    ['17 lines', { lines: Array.from({ length: 17 }, () => LINES[0]) }, 'invalid_amount'],
    ['lines that are no array', { lines: '1' }, 'invalid_input'],
    ['a line that is null', { lines: [null] }, 'invalid_input'],
    ['a line without a category', { lines: [{ amount: '1' }] }, 'invalid_category'],
    ['a line with a number', { lines: [{ amount: 1, category: 'LLM' }] }, 'invalid_amount'],
    ['no key', { key: undefined, lines: LINES }, 'invalid_key'],
    ['an agent that is too long', { lines: LINES, agent: 'x'.repeat(129) }, 'invalid_attribution'],
  ])('is not booked with %s', async (_, input, code) => {
    const given = { key: 'bad', ...input } as unknown as Parameters<CreditLedger['book']>[1]
    expect(await refusalOf(ledger.book('bad', given))).toMatchObject({ code })
    expect(await ledger.usage('bad', { by: [] })).toEqual([])
  })
})
