import type { types } from '@slack/bolt'
import { formatAmount, displayAmount } from '../../src/amount.ts'
import type { Batch, BatchState } from '../../src/types.ts'
import {
  actions,
  batchTypeName,
  button,
  chip,
  context,
  credits,
  fields,
  header,
  localDay,
  type Message,
  section,
  utcDay,
} from './blocks.ts'

export const OPEN_BATCHES_ACTION = 'batches_open'
export const POST_TABLE_ACTION = 'batches_table'

/** A part of an account's batches, in draw-down order. */
export interface BatchList {
  readonly batches: readonly Batch[]
  /** Whether there are more behind these. */
  readonly hasMore: boolean
}

/** Batches in one message: 50 blocks are Slack's most, and more than these nobody reads there. */
export const LISTED_MAX = 20

/** Data rows of a table. At 2 × 21 characters of amount and 2 × 16 of date, 100 rows stay below 10,000. */
export const TABLE_ROWS_MAX = 100

/** The five columns, wherever batches are shown. */
const COLUMNS = ['Credit Allocated', 'Added Date', 'Remaining Balance', 'Credit Type', 'Expiry Date'] as const

/** The active batches, a section each. */
export function batchesView({ batches, hasMore }: BatchList): Message {
  if (batches.length === 0) {
    const text = 'No active credit: calls are refused until credit is added.'
    return { text, blocks: [section(text)] }
  }
  const order = `In the order they are spent${hasMore ? `; the first ${batches.length}` : ''}.`
  return {
    text: ['Active Credits', ...batches.map(batchLine), order].join('\n'),
    blocks: [
      header('Active Credits'),
      ...batches.map(batchSection),
      context([order]),
      actions([
        button('View active credits', OPEN_BATCHES_ACTION),
        button('Post as table', POST_TABLE_ACTION),
      ]),
    ],
  }
}

/** One batch: five labelled fields. */
export function batchSection(batch: Batch): types.SectionBlock {
  const values = [
    displayAmount(batch.allocated),
    localDay(batch.addedAt),
    `${displayAmount(batch.remaining)}${STATES[batch.state]}`,
    chip(batch.type),
    batch.expiresAt === null ? 'Never' : localDay(batch.expiresAt),
  ]
  return fields(COLUMNS.map((column, index) => `*${column}*\n${values[index] ?? ''}`))
}

/** What keeps a batch from being spent. */
const STATES: Readonly<Record<BatchState, string>> = {
  active: '',
  depleted: ' (used up)',
  expired: ' (expired)',
  voided: ' (voided)',
}

/** @example '`Paid` 1,250 of 1,250 credits, added 1 Jan 2026, never expires' */
function batchLine({ type, remaining, allocated, addedAt, expiresAt, state }: Batch): string {
  const expiry = expiresAt === null ? 'never expires' : `expires ${utcDay(expiresAt)}`
  return (
    `${chip(type)} ${displayAmount(remaining)} of ${credits(allocated)}${STATES[state]}, ` +
    `added ${utcDay(addedAt)}, ${expiry}`
  )
}

/** The batches as a table that Slack can sort; for messages only. Times are in the zone of who asked. */
export function batchesTable({ batches, hasMore }: BatchList, timeZone: string): Message {
  const minute = minuteIn(timeZone)
  const rows = batches.map((batch): types.DataTableBlock['rows'][number] => [
    amountCell(batch.allocated),
    textCell(minute(batch.addedAt)),
    amountCell(batch.remaining),
    textCell(batchTypeName(batch.type)),
    textCell(batch.expiresAt === null ? 'Never' : minute(batch.expiresAt)),
  ])
  const about = `Times in ${timeZone}.${hasMore ? ` The first ${batches.length} in the order they are spent.` : ''}`
  return {
    text: ['Active Credits', ...batches.slice(0, LISTED_MAX).map(batchLine)].join('\n'),
    blocks: [
      {
        type: 'data_table',
        caption: 'Active Credits, in the order they are spent',
        rows: [COLUMNS.map(textCell), ...rows],
        page_size: 10,
        row_header_column_index: COLUMNS.indexOf('Added Date'),
      },
      context([about]),
    ],
  }
}

const textCell = (text: string): types.RawTextElement => ({ type: 'raw_text', text })

/** The number is for sorting, the text is exact. */
const amountCell = (amount: bigint): types.RawNumberElement => ({
  type: 'raw_number',
  value: Number(formatAmount(amount)),
  text: displayAmount(amount),
})

/** Year first, so that sorting by text sorts by time. */
function minuteIn(timeZone: string): (at: Date) => string {
  const format = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'short', timeZone })
  return (at) => format.format(at)
}
