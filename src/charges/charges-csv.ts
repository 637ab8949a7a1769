import { formatAmount } from '../amount.ts'
import { csvLine } from '../csv.ts'
import type { Charge, ChargesPage, ChargesQuery } from '../types.ts'

const HEADINGS = [
  'charged_at',
  'charge',
  'category',
  'amount',
  'debt',
  'model',
  'agent',
  'user',
  'conversation',
  'tags',
  'estimated',
  'provider',
  'units',
  'rate_version',
] as const

/** The charges as comma-separated values, a page at a time: memory stays bounded however many there are. */
export async function* chargesAsCsv(
  read: (query: ChargesQuery) => Promise<ChargesPage>,
  query: Pick<ChargesQuery, 'from' | 'to'>,
): AsyncGenerator<string, void, undefined> {
  let after: string | undefined
  let lead = csvLine(HEADINGS)
  for (;;) {
    const page = await read({ ...query, after })
    yield lead + page.charges.map(chargeLine).join('')
    if (page.next === null) return
    after = page.next
    lead = ''
  }
}

const chargeLine = (charge: Charge): string =>
  csvLine([
    charge.chargedAt.toISOString(),
    charge.id,
    charge.category,
    formatAmount(charge.amount),
    formatAmount(charge.debt),
    charge.model,
    charge.agent,
    charge.user,
    charge.conversation,
    charge.tags && JSON.stringify(charge.tags),
    charge.estimated,
    charge.receipt?.provider ?? null,
    charge.receipt?.units ? JSON.stringify(charge.receipt.units) : null,
    charge.receipt?.rateVersion ?? null,
  ])
