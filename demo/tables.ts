import { drawTable } from '../src/cli/views/table.ts'
import { amountColumn, batchTypeName, exactAmount, minuteOf } from '../src/cli/views/text.ts'
import type { Batch, Receipt } from '../src/types.ts'

/** The batches with credit, in draw-down order. Used up ones may be given too, to show where the credit went. */
export function activeCreditsTable(batches: readonly Batch[]): string {
  const allocated = amountColumn(batches.map((batch) => batch.allocated))
  const remaining = amountColumn(batches.map((batch) => batch.remaining))
  return drawTable(
    [
      { head: 'Credit Allocated', align: 'right' },
      { head: 'Added Date' },
      { head: 'Remaining Balance', align: 'right' },
      { head: 'Credit Type' },
      { head: 'Expiry Date' },
    ],
    batches.map((batch, index) => [
      allocated[index] ?? '',
      minuteOf(batch.addedAt),
      remaining[index] ?? '',
      batchTypeName(batch.type),
      batch.expiresAt === null ? 'never' : minuteOf(batch.expiresAt),
    ]),
  )
}

/** What each call cost, and which batches paid. */
export function chargesTable(charges: readonly Receipt[]): string {
  const amounts = amountColumn(charges.map((charge) => charge.amount))
  return drawTable(
    [{ head: 'Category' }, { head: 'Model' }, { head: 'Credits', align: 'right' }, { head: 'Paid by' }],
    charges.map((charge, index) => [
      charge.category,
      charge.model ?? '',
      amounts[index] ?? '',
      charge.draws.map((draw) => `${batchTypeName(draw.type)} ${exactAmount(draw.amount)}`).join(' + '),
    ]),
  )
}
