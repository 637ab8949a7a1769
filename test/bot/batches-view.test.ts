import { describe, expect, it } from 'vitest'
import { activeCreditsModal, readBatchPage } from '../../bot/views/active-credits.ts'
import { batchesTable, batchesView, LISTED_MAX, TABLE_ROWS_MAX } from '../../bot/views/batches.ts'
import { MAX_CREDITS, parseAmount, ZERO } from '../../src/amount.ts'
import type { Balance, Batch } from '../../src/types.ts'
import { problemsOf } from '../fakes/slack/limits/surfaces.ts'
import { shown } from './support/shown.ts'

const BATCH: Batch = {
  id: '0197a1b2-0000-7000-8000-000000000001',
  account: 'slack:T01',
  type: 'free',
  source: 'signup',
  allocated: parseAmount('100'),
  remaining: parseAmount('88.2'),
  addedAt: new Date('2026-11-01T09:00:00Z'),
  expiresAt: new Date('2026-12-01T23:30:00Z'),
  state: 'active',
  note: null,
  reference: null,
}
const PAID: Batch = {
  ...BATCH,
  type: 'paid',
  allocated: parseAmount('1250'),
  remaining: parseAmount('1250'),
  expiresAt: null,
}

const BALANCE: Balance = {
  account: 'slack:T01',
  settled: parseAmount('1338.2'),
  held: parseAmount('2'),
  available: parseAmount('1336.2'),
  free: parseAmount('88.2'),
  paid: parseAmount('1250'),
  debt: ZERO,
  openHolds: 1,
  nextExpiry: null,
}

describe('batches', () => {
  it('are listed with five labelled fields each', () => {
    const view = batchesView({ batches: [BATCH, PAID], hasMore: false })
    expect(problemsOf.content(view)).toEqual([])
    expect(shown(view)).toMatchInlineSnapshot(`
      "Active Credits

      Credit Allocated                  Added Date
      100                               1 Nov 2026
      Remaining Balance                 Credit Type
      88.2                               Free
      Expiry Date
      1 Dec 2026

      Credit Allocated                  Added Date
      1,250                             1 Nov 2026
      Remaining Balance                 Credit Type
      1,250                              Paid
      Expiry Date
      Never

      In the order they are spent.
      [ View active credits ]  [ Post as table ]
      "
    `)
    expect(view.text).toMatchInlineSnapshot(`
      "Active Credits
      \`Free\` 88.2 of 100 credits, added 1 Nov 2026, expires 1 Dec 2026
      \`Paid\` 1,250 of 1,250 credits, added 1 Nov 2026, never expires
      In the order they are spent."
    `)
  })

  it('say that there are none', () => {
    expect(batchesView({ batches: [], hasMore: false }).text).toMatch(/^No active credit/)
  })

  it('make a table of exactly the five columns, in the zone of who asked', () => {
    const view = batchesTable({ batches: [BATCH, PAID], hasMore: false }, 'Asia/Tokyo')
    expect(problemsOf.content(view)).toEqual([])
    expect(shown(view)).toMatchInlineSnapshot(`
      "Active Credits, in the order they are spent
      Credit Allocated  Added Date        Remaining Balance  Credit Type  Expiry Date
      100               2026-11-01 18:00  88.2               Free         2026-12-02 08:30
      1,250             2026-11-01 18:00  1,250              Paid         Never

      Times in Asia/Tokyo."
    `)
  })

  it('fit into a message, a table and a modal at their longest', () => {
    const longest = { ...BATCH, allocated: MAX_CREDITS, remaining: MAX_CREDITS, state: 'expired' as const }
    const some = (count: number) => ({ batches: Array.from({ length: count }, () => longest), hasMore: true })
    expect(problemsOf.content(batchesView(some(LISTED_MAX)))).toEqual([])
    expect(
      problemsOf.content(batchesTable(some(TABLE_ROWS_MAX), 'America/Argentina/ComodRivadavia')),
    ).toEqual([])
    const modal = activeCreditsModal(
      { ...some(10), page: 1_000_000, all: true, balance: { ...BALANCE, settled: MAX_CREDITS } },
      { batchActions: ({ id }) => [{ type: 'section', text: { type: 'mrkdwn', text: id } }], notice: 'Done' },
    )
    expect(problemsOf.modal(modal)).toEqual([])
  })
})

describe('the Active Credits modal', () => {
  const page = {
    batches: [BATCH, { ...PAID, state: 'voided' as const }],
    page: 1,
    all: true,
    balance: BALANCE,
  }

  it('shows a page, its place, and how to turn it', () => {
    expect(shown(activeCreditsModal({ ...page, hasMore: true }))).toMatchInlineSnapshot(`
      "[Active Credits]

      1,336.2 credits available: 1,338.2 settled, 2 held.
      ☑ Show used-up and expired

      Credit Allocated                  Added Date
      100                               1 Nov 2026
      Remaining Balance                 Credit Type
      88.2                               Free
      Expiry Date
      1 Dec 2026

      Credit Allocated                  Added Date
      1,250                             1 Nov 2026
      Remaining Balance                 Credit Type
      1,250 (voided)                     Paid
      Expiry Date
      Never

      Batches 11 to 12. In the order they are spent.
      [ Previous ]  [ Next ]  [ Post as table ]


      [ Close ]"
    `)
  })

  it('offers no turn where there is no other page', () => {
    const view = shown(activeCreditsModal({ ...page, page: 0, all: false, hasMore: false }))
    expect(view).not.toMatch(/Previous|Next|Batches 1/)
    expect(view).toContain('☐ Show used-up and expired')
  })

  it('remembers its page and its switch, and nothing of whose batches they are', () => {
    const { private_metadata: remembered = '' } = activeCreditsModal({ ...page, hasMore: false })
    expect(JSON.parse(remembered)).toEqual({ page: 1, all: true })
    expect(readBatchPage(remembered)).toEqual({ page: 1, all: true })
  })

  it.each(['', 'no json', '[]', 'null', '{"page":-1}', '{"page":1e9}', '{"page":"1","all":"yes"}'])(
    'takes %j for the first page',
    (remembered) => {
      expect(readBatchPage(remembered)).toEqual({ page: 0, all: false })
    },
  )
})
