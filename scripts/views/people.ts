import { activeCreditsModal, FIRST_PAGE, failedModal, loadingModal } from '../../bot/views/active-credits.ts'
import { batchButtons, refundButton } from '../../bot/views/admin/buttons.ts'
import { batchesTable, batchesView } from '../../bot/views/batches.ts'
import { refusal, somethingWentWrong, takesNoWords, unknownSubcommand } from '../../bot/views/notices.ts'
import { receiptView } from '../../bot/views/receipt.ts'
import { refusalOf, REQUEST_ID, type Scene } from './scene.ts'
import type { NamedView } from './written.ts'

/** What people ask for: batches, receipts, and what comes of slips. */
export async function peoplesViews({ ledger, account, charges }: Scene): Promise<NamedView[]> {
  const balance = await ledger.balance(account)
  const active = { batches: await ledger.batches(account), hasMore: false }
  const all = { batches: await ledger.batches(account, { all: true }), hasMore: false }
  const across = await ledger.explain(account, charges.across.id)
  const refunded = await ledger.explain(account, charges.refunded.id)
  const notFound = await refusalOf(() => ledger.explain('slack:T09', charges.across.id))
  const commands = [
    { name: 'balance', summary: 'what is available' },
    { name: 'explain', usage: 'CHARGE', summary: 'the receipt of a charge' },
  ]
  return [
    { name: 'batches', when: '/credits batches', view: batchesView(active) },
    {
      name: 'batches-none',
      when: '/credits batches, where there are none',
      view: batchesView({ batches: [], hasMore: false }),
    },
    {
      name: 'batches-table',
      when: '“Post as table”, for somebody in Tokyo',
      view: batchesTable(active, 'Asia/Tokyo'),
    },
    {
      name: 'active-credits',
      when: '“View active credits”',
      view: activeCreditsModal({ ...active, ...FIRST_PAGE, balance }),
    },
    {
      name: 'active-credits-all',
      when: '“View active credits” with the switch on, for an admin',
      view: activeCreditsModal(
        { ...all, page: 0, all: true, balance },
        {
          batchActions: batchButtons,
          notice: ':white_check_mark: Posted to you as a direct message from this app.',
        },
      ),
    },
    {
      name: 'active-credits-loading',
      when: '“View active credits” while the database takes its time',
      view: loadingModal(FIRST_PAGE),
    },
    {
      name: 'active-credits-failed',
      when: '“View active credits” when the database fails',
      view: failedModal(FIRST_PAGE, REQUEST_ID),
    },
    { name: 'receipt', when: '/credits explain of a call that two batches paid', view: receiptView(across) },
    {
      name: 'receipt-refunded',
      when: '/credits explain of an estimate that was refunded in part, for an admin',
      view: receiptView(refunded, [refundButton(refunded)]),
    },
    {
      name: 'receipt-refused',
      when: "/credits explain of another account's charge",
      view: refusal(notFound.message),
    },
    {
      name: 'typo',
      when: '/credits explian 0197a1b2',
      view: unknownSubcommand({ name: 'explian', words: ['0197a1b2'] }, 'explain', commands),
    },
    { name: 'too-many-words', when: '/credits balance of globex', view: takesNoWords('balance') },
    {
      name: 'something-went-wrong',
      when: 'Any command, when we fail',
      view: somethingWentWrong(REQUEST_ID),
    },
  ]
}
