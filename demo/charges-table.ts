import { drawTable } from '../src/cli/views/table.ts'
import { amountColumn, batchTypeName, exactAmount } from '../src/cli/views/text.ts'
import type { Receipt } from '../src/types.ts'

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
