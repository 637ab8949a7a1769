import type { Receipt, Refund } from '../../../src/types.ts'
import { localMoment } from '../blocks.ts'
import {
  accountFact,
  code,
  exactCredits,
  exactly,
  type Fact,
  type Sheet,
  textFacts,
  warning,
} from './sheet.ts'

export const refundPlan = (receipt: Receipt, amount: bigint, reason: string): Sheet => ({
  title: `Refund ${exactCredits(amount)} of a charge`,
  facts: [
    accountFact(receipt.account),
    ['Charge', code(receipt.id)],
    ['Charged', `${exactly(receipt.amount)} on ${localMoment(receipt.chargedAt)}`],
    ['Refunded before', exactly(receipt.amount - receipt.net)],
    ['For', [receipt.category, receipt.model, receipt.agent].filter(Boolean).map(String).map(code).join(' ')],
    ...textFacts('Reason', reason),
  ],
  remarks: [
    'It returns to the batches it was drawn from. What has expired or was voided comes back as such.',
  ],
})

export const refundDone = (refund: Refund, reason: string): Sheet => ({
  title: `Refunded ${exactCredits(refund.amount)} of a charge`,
  facts: [
    accountFact(refund.account),
    ['Charge', code(refund.chargeId)],
    ['Refund', code(refund.id)],
    ...outcomes(refund),
    ...textFacts('Reason', reason),
  ],
  remarks: isLost(refund)
    ? [
        warning(
          'What came back expired or voided cannot be spent: grant new credit for it, if that is wanted.',
        ),
      ]
    : [],
})

const OUTCOMES = {
  returned: 'Returned to its batches',
  debt: 'Taken off the debt',
  expired: 'Came back expired',
  voided: 'Came back voided',
} as const satisfies Record<Refund['returns'][number]['outcome'], string>

/** A charge may have drawn on many batches: summed up by what became of it. */
function outcomes({ returns }: Refund): Fact[] {
  return (['returned', 'debt', 'expired', 'voided'] as const).flatMap((outcome): Fact[] => {
    const sum = returns.reduce((total, part) => (part.outcome === outcome ? total + part.amount : total), 0n)
    return sum === 0n ? [] : [[OUTCOMES[outcome], exactly(sum)]]
  })
}

const isLost = ({ returns }: Refund): boolean =>
  returns.some(({ outcome }) => outcome === 'expired' || outcome === 'voided')
