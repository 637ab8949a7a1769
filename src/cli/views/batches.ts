import { styleText } from 'node:util'
import type { Batch } from '../../types.ts'
import { fieldBlock } from './block.ts'
import { drawTable } from './table.ts'
import { amountColumn, batchTypeName, exactAmount, minuteInUtc, minuteOf, printable } from './text.ts'

/**
 * The batches of an account, in the order given.
 *
 * @param list which were asked for, and at which offset there may be more
 */
export function batchesTable(
  account: string,
  batches: readonly Batch[],
  list: { all: boolean; offset: number; next: number | null },
): string {
  if (batches.length === 0) {
    const kind = list.all ? 'batches' : 'active credit'
    return `${printable(account)} has no ${list.offset === 0 ? '' : 'more '}${kind}.`
  }
  const allocated = amountColumn(batches.map((batch) => batch.allocated))
  const remaining = amountColumn(batches.map((batch) => batch.remaining))
  const table = drawTable(
    [
      { head: 'Credit Allocated', align: 'right' },
      { head: 'Added Date' },
      { head: 'Remaining Balance', align: 'right' },
      { head: 'Credit Type' },
      { head: 'Expiry Date' },
      { head: 'State' },
      { head: 'Batch' },
    ],
    batches.map((batch, index) => [
      allocated[index] ?? '',
      minuteOf(batch.addedAt),
      remaining[index] ?? '',
      batchTypeName(batch.type),
      batch.expiresAt === null ? 'never' : minuteOf(batch.expiresAt),
      batch.state,
      batch.id,
    ]),
  )
  const more = list.next === null ? '' : ` There may be more: --offset ${list.next}`
  return `${table}\n${styleText('dim', `Times are in UTC.${more}`)}`
}

/** One batch, after something was done to it. */
export const batchBlock = (title: string, batch: Batch): string =>
  fieldBlock(title, [
    ['Batch', batch.id],
    ['Type', `${batchTypeName(batch.type)}, ${batch.source}`],
    ['Allocated', exactAmount(batch.allocated)],
    ['Remaining', exactAmount(batch.remaining)],
    ['Added', minuteInUtc(batch.addedAt)],
    ['Expires', batch.expiresAt === null ? 'never' : minuteInUtc(batch.expiresAt)],
    ['State', batch.state],
    ['Note', batch.note],
    ['Reference', batch.reference],
  ])
