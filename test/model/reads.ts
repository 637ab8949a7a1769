/** What the reads must answer: balance, batches, usage, receipts. */
import { micro } from '../../src/amount.ts'
import type { Balance, Batch, UsageDimension, UsageRow } from '../../src/types.ts'
import { batchAnswer } from './answers.ts'
import { inDrawDownOrder } from './draw-down.ts'
import {
  availableCredit,
  debtOf,
  heldCredit,
  isUnexpired,
  type ModelAccount,
  type ModelCharge,
  openHolds,
  sum,
  unexpiredCredit,
} from './state.ts'

export function balance(account: ModelAccount, now: number): Balance {
  const debt = debtOf(account)
  return {
    account: account.name,
    settled: micro(unexpiredCredit(account, now) - debt),
    held: micro(heldCredit(account, now)),
    available: micro(availableCredit(account, now)),
    free: micro(unexpiredCredit(account, now, 'free')),
    paid: micro(unexpiredCredit(account, now, 'paid')),
    debt: micro(debt),
    openHolds: openHolds(account, now).length,
    nextExpiry: nextExpiry(account, now),
  }
}

function nextExpiry(account: ModelAccount, now: number): Balance['nextExpiry'] {
  const ending = account.batches.filter(
    (batch) =>
      batch.remaining > 0n && isUnexpired(batch, now) && batch.expiresAt !== Number.POSITIVE_INFINITY,
  )
  if (ending.length === 0) return null
  const at = Math.min(...ending.map((batch) => batch.expiresAt))
  const next = ending.filter((batch) => batch.expiresAt === at)
  return { at: new Date(at), amount: micro(sum(next.map((batch) => batch.remaining))) }
}

/** All of them, in the order of spending. */
export const batches = (account: ModelAccount, now: number): Batch[] =>
  inDrawDownOrder(account.batches).map((batch) => batchAnswer(account, batch, now))

/** Charges less what was refunded of them, in the quarter of an hour of the charge. Sorted by the dimensions. */
export function usage(
  account: ModelAccount,
  query: { from: Date; to: Date; timeZone: string; by: readonly UsageDimension[] },
): UsageRow[] {
  const quarter = 15 * 60 * 1000
  const from = Math.floor(query.from.getTime() / quarter) * quarter
  const to = Math.ceil(query.to.getTime() / quarter) * quarter
  const rows = new Map<string, UsageRow>()
  for (const charge of account.charges) {
    if (charge.chargedAt < from || charge.chargedAt >= to) continue
    const dimensions = Object.fromEntries(
      query.by.map((dimension) => [dimension, valueOf(charge, dimension, query.timeZone)]),
    )
    const name = JSON.stringify(dimensions)
    const row = rows.get(name) ?? { ...dimensions, charges: 0, amount: micro(0n) }
    row.charges += 1
    row.amount = micro(row.amount + charge.amount - charge.refunded)
    rows.set(name, row)
  }
  return sortUsage([...rows.values()])
}

/** Rows of a report have no order of their own. */
export const sortUsage = (rows: readonly UsageRow[]): UsageRow[] => {
  const name = (row: UsageRow) => JSON.stringify([row.category, row.model, row.agent, row.user, row.day])
  return rows.toSorted((a, b) => (name(a) < name(b) ? -1 : 1))
}

function valueOf(charge: ModelCharge, dimension: UsageDimension, timeZone: string): string | null {
  if (dimension === 'category') return charge.category
  if (dimension === 'day') return dayOf(charge.chargedAt, timeZone)
  return charge.attribution[dimension] ?? null
}

/** The date on a wall calendar there, as YYYY-MM-DD. */
export function dayOf(instant: number, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  })
    .formatToParts(instant)
    .map(({ type, value }) => [type, value])
  const { year, month, day } = Object.fromEntries(parts) as Record<string, string>
  return `${year}-${month}-${day}`
}
