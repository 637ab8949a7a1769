import { styleText } from 'node:util'
import type { Batch } from '../../types.ts'
import { fieldBlock } from './block.ts'
import { type Column, drawTable } from './table.ts'
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
  const table = activeCreditsTable(batches, {
    columns: [{ head: 'State' }, { head: 'Batch' }],
    cells: ({ state, id }) => [state, id],
  })
  const more = list.next === null ? '' : ` There may be more: --offset ${list.next}`
  return `${table}\n${styleText('dim', `Times are in UTC.${more}`)}`
}

/** Batches with the five columns of Active Credits, and others after them. */
export function activeCreditsTable(
  batches: readonly Batch[],
  more: { columns: readonly Column[]; cells: (batch: Batch) => string[] } = { columns: [], cells: () => [] },
): string {
  const allocated = amountColumn(batches.map((batch) => batch.allocated))
  const remaining = amountColumn(batches.map((batch) => batch.remaining))
  return drawTable(
    [
      { head: 'Credit Allocated', align: 'right' },
      { head: 'Added Date' },
      { head: 'Remaining Balance', align: 'right' },
      { head: 'Credit Type' },
      { head: 'Expiry Date' },
      ...more.columns,
    ],
    batches.map((batch, index) => [
      allocated[index] ?? '',
      minuteOf(batch.addedAt),
      remaining[index] ?? '',
      batchTypeName(batch.type),
      batch.expiresAt === null ? 'never' : minuteOf(batch.expiresAt),
      ...more.cells(batch),
    ]),
  )
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
