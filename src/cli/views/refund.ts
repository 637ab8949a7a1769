import type { Batch, Refund } from '../../types.ts'
import { fieldBlock } from './block.ts'
import { batchTypeName, exactAmount, minuteInUtc } from './text.ts'

export const refundView = (refund: Refund): string =>
  fieldBlock(`Refunded ${exactAmount(refund.amount)} credits to ${refund.account}`, [
    ['Refund', refund.id],
    ['Charge', refund.chargeId],
    ['Refunded', minuteInUtc(refund.refundedAt)],
    ['Returned', refund.returns.map(returnLine)],
    ['New batch', refund.newBatches.map(newBatchLine)],
  ])

/** Said of a batch that had ended before the credit came back to it. */
const ENDED = {
  returned: '',
  debt: '',
  expired: ', which has expired',
  voided: ', which was voided',
} as const

function returnLine({ amount, batchId, outcome }: Refund['returns'][number]): string {
  if (batchId === null) return `${exactAmount(amount)} off the debt`
  return `${exactAmount(amount)} to batch ${batchId}${ENDED[outcome]}`
}

function newBatchLine({ id, type, allocated, expiresAt }: Batch): string {
  const until = expiresAt === null ? 'never expires' : `expires ${minuteInUtc(expiresAt)}`
  return `${batchTypeName(type)} batch ${id} with ${exactAmount(allocated)}, ${until}`
}
