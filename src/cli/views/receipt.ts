import type { Receipt, ReceiptDetail } from '../../types.ts'
import type { Field } from './block.ts'
import { fieldBlock } from './block.ts'
import { amountFields, attributionFields } from './charge.ts'
import { drawTable } from './table.ts'
import { exactAmount, minuteInUtc } from './text.ts'

/** The whole story of a charge, from what was used to what came back. */
export function receiptView(receipt: Receipt): string {
  const { receipt: detail } = receipt
  const call = fieldBlock(`Receipt of charge ${receipt.id}`, [
    ['Account', receipt.account],
    ['Charged', minuteInUtc(receipt.chargedAt)],
    ['Category', receipt.category],
    ...attributionFields(receipt),
    ...(detail === null ? [] : pricingFields(detail)),
  ])
  const payment = fieldBlock('Payment', [
    ...amountFields(receipt),
    ['Refunded', receipt.refunds.map(refundLine)],
    [
      'Repaid',
      receipt.repayments.map(
        ({ amount, batchId, at }) => `${exactAmount(amount)} by batch ${batchId} on ${minuteInUtc(at)}`,
      ),
    ],
    ['Net', exactAmount(receipt.net)],
  ])
  const units = detail === null ? '' : unitsTable(detail)
  return [call, units, payment].filter((part) => part !== '').join('\n\n')
}

const pricingFields = (detail: ReceiptDetail): Field[] => [
  ['Provider', detail.provider ?? null],
  ['Provider id', detail.providerId ?? null],
  ['Provider cost', detail.providerCost === undefined ? null : `${detail.providerCost} USD`],
  ['Rate card', detail.rateVersion ?? null],
  ['Exact cost', detail.exactCost === undefined ? null : `${detail.exactCost} credits before rounding up`],
  ['Note', detail.note ?? null],
]

/** What was used and at what price; a unit may lack one, as where only the provider's cost is known. */
function unitsTable({ units = {}, prices = {} }: ReceiptDetail): string {
  const names = [...new Set([...Object.keys(units), ...Object.keys(prices)])]
  if (names.length === 0) return ''
  return drawTable(
    [{ head: 'Unit' }, { head: 'Quantity', align: 'right' }, { head: 'Price in credits', align: 'right' }],
    names.map((name) => [name, units[name] ?? '', prices[name] ?? '']),
  )
}

function refundLine({ amount, batchId, reason, at }: Receipt['refunds'][number]): string {
  const where = batchId === null ? 'off the debt' : `to batch ${batchId}`
  return `${exactAmount(amount)} ${where} on ${minuteInUtc(at)}${reason === null ? '' : `: ${reason}`}`
}
