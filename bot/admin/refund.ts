import { z } from 'zod'
import { formatAmount } from '../../src/amount.ts'
import { CreditsError } from '../../src/errors.ts'
import { refundDone, refundPlan } from '../views/admin/refund.ts'
import { adminAction } from './action.ts'
import { accountField, amountField, chargeField, reasonField } from './fields.ts'
import { splitAmount, splitTarget } from './words.ts'

export const refundAction = adminAction({
  name: 'refund',
  summary: 'return what a charge cost, or a part of it',
  usage: '[@user|ACCOUNT] CHARGE [AMOUNT] REASON',
  example: 'refund 019abc12-0000-7000-8000-000000000000 2.5 answered twice',
  title: 'Refund a charge',
  verb: 'Refund',
  form: ['amount', 'reason'],
  optional: ['amount'],
  isAboutAccount: false,
  shape: z.strictObject({
    account: accountField,
    charge: chargeField,
    amount: amountField.optional(),
    reason: reasonField,
  }),
  fieldsOf(words) {
    const { account, rest } = splitTarget(words)
    const [charge, ...others] = rest
    return {
      ...(account === undefined ? {} : { account }),
      ...(charge === undefined ? {} : { charge }),
      ...splitAmount(others),
    }
  },
  async preview(ledger, { account, charge, amount, reason }) {
    const receipt = await ledger.explain(account, charge)
    const refunded = amount ?? receipt.net
    if (refunded === 0n || refunded > receipt.net) throw exceeds(receipt.net)
    return refundPlan(receipt, refunded, reason)
  },
  async perform(ledger, { account, charge, amount, reason }, write) {
    const refund = await ledger.refund(account, charge, { amount, reason, ...write })
    return {
      sheet: refundDone(refund, reason),
      figures: { refund: refund.id, charge: refund.chargeId, amount: formatAmount(refund.amount) },
    }
  },
})

const exceeds = (left: bigint): CreditsError =>
  new CreditsError(
    'refund_exceeds_charge',
    left === 0n
      ? 'The charge has nothing left to refund.'
      : `At most ${formatAmount(left)} credits of the charge can still be refunded.`,
    { refundable: formatAmount(left) },
  )
