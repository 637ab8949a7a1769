import { auditMessage } from '../../bot/views/admin/audit.ts'
import { extendPlan } from '../../bot/views/admin/extend.ts'
import { type Form, formModal } from '../../bot/views/admin/form.ts'
import { grantDone, grantPlan } from '../../bot/views/admin/grant.ts'
import {
  noticeModal,
  outcomeModal,
  previewModal,
  retryModal,
  workingModal,
} from '../../bot/views/admin/modals.ts'
import { previewMessage } from '../../bot/views/admin/preview.ts'
import { problemsMessage } from '../../bot/views/admin/problems.ts'
import { refundPlan } from '../../bot/views/admin/refund.ts'
import { type Sheet, sheetMessage, withBalance } from '../../bot/views/admin/sheet.ts'
import { thresholdPlan } from '../../bot/views/admin/threshold.ts'
import { voidPlan } from '../../bot/views/admin/void.ts'
import { REQUEST_ID, type Scene } from './scene.ts'
import type { NamedView } from './written.ts'

const ADMIN = 'U07ADMIN'

/** What admins do: each with its preview, its outcome, and what the admin channel hears. */
export async function adminsViews(scene: Scene): Promise<NamedView[]> {
  const { ledger, account, batches, charges, now } = scene
  const balance = await ledger.balance(account)
  const [welcome] = await ledger.batches(account)
  const line = await ledger.alertLine(account)
  const receipt = await ledger.explain(account, charges.refunded.id)
  if (welcome === undefined) throw new Error('The scene leaves no batch to void.')

  const plan = grantPlan(
    {
      account,
      type: 'paid',
      amount: 100_000_000n,
      note: 'Invoice 2026-17',
      expiresAt: new Date('2026-06-07T09:30:00Z'),
    },
    balance,
    now,
  )
  const done = withBalance(grantDone(batches.topUp), balance)
  const metadata = JSON.stringify({ id: REQUEST_ID })
  const preview = (sheet: Sheet, verb: string, isDangerous: boolean) =>
    previewMessage(sheet, { verb, account, isDangerous, value: metadata })
  const form: Form = {
    title: 'Grant credit',
    fields: ['account', 'amount', 'type', 'expires', 'note'],
    optional: ['expires', 'note'],
    account: undefined,
    subject: undefined,
    userId: ADMIN,
    metadata,
  }
  return [
    {
      name: 'admin-grant',
      when: '/credits grant @ada 100 paid expires 30d',
      view: preview(plan, 'Grant', false),
    },
    {
      name: 'admin-void',
      when: '/credits void BATCH Granted twice',
      view: preview(voidPlan(welcome, undefined, 'Granted twice', balance), 'Void', true),
    },
    {
      name: 'admin-refund',
      when: '/credits refund CHARGE 0.5 The call dropped',
      view: preview(refundPlan(receipt, 500_000n, 'The call dropped'), 'Refund', true),
    },
    {
      name: 'admin-extend',
      when: '/credits extend BATCH never By contract',
      view: preview(extendPlan(batches.plan, null, 'By contract'), 'Extend', false),
    },
    {
      name: 'admin-threshold',
      when: '/credits threshold 100',
      view: preview(thresholdPlan(line, { amount: 100_000_000n, percent: null }, balance), 'Change', false),
    },
    { name: 'admin-done', when: 'After “Grant”', view: sheetMessage(done) },
    {
      name: 'admin-audit',
      when: 'In the admin channel, after “Grant”',
      view: auditMessage(done, { userId: ADMIN, requestId: REQUEST_ID }),
    },
    { name: 'admin-form', when: '/credits grant, or “Grant credit”', view: formModal(form) },
    {
      name: 'admin-form-preview',
      when: 'After “Preview” in the form',
      view: previewModal(plan, { verb: 'Grant', metadata }),
    },
    { name: 'admin-form-done', when: 'After “Grant” in the form', view: outcomeModal(done) },
    {
      name: 'admin-form-working',
      when: 'After “Grant” in the form, while the database takes its time',
      view: workingModal(),
    },
    {
      name: 'admin-form-refused',
      when: 'A form from somebody who is no admin',
      view: noticeModal('Only admins may do that.'),
    },
    {
      name: 'admin-form-unsure',
      when: 'After “Grant” in the form, when nobody knows whether it was written',
      view: retryModal('The ledger did not answer. Confirm once more: it is done once only.', metadata),
    },
    {
      name: 'admin-problems',
      when: '/credits grant @ada ten paid',
      view: problemsMessage([`Invalid amount: "ten" is not a decimal number such as '12.5'.`], {
        name: 'grant',
        usage: '@user|account AMOUNT free|paid',
        example: 'grant @ada 100 paid',
      }),
    },
  ]
}
