import type { CreditLedger } from '../../src/credits.ts'
import { CATEGORIES, type Category, type UsageRow } from '../../src/types.ts'
import { type Day, daysFrom } from './days.ts'
import { boundsOf, type Period } from './period.ts'

/** What usage is ranked by. */
export const RANKINGS = ['agent', 'user', 'model'] as const
export type Ranking = (typeof RANKINGS)[number]

export interface Used {
  readonly amount: bigint
  readonly charges: number
}

/** What an account used in a period. */
export interface UsageReport {
  readonly period: Period
  readonly total: Used
  /** All of them, used or not. */
  readonly categories: readonly (Used & { readonly category: Category })[]
  /** Every day of the period. */
  readonly days: readonly { readonly day: Day; readonly amounts: Readonly<Record<Category, bigint>> }[]
}

/** Who, or what, used most. */
export interface RankedUsage {
  readonly by: Ranking
  /** Most first; null is what named none. */
  readonly first: readonly (Used & { readonly name: string | null })[]
  /** All others together. */
  readonly rest: Used
}

/** @throws CreditsError `invalid_time_zone`, or why the database cannot be asked */
export async function readUsage(ledger: CreditLedger, account: string, period: Period): Promise<UsageReport> {
  const rows = await ledger.usage(account, {
    ...boundsOf(period),
    by: ['day', 'category'],
    timeZone: period.timeZone,
  })
  return {
    period,
    total: sum(rows),
    categories: CATEGORIES.map((category) => ({
      category,
      ...sum(rows.filter((row) => row.category === category)),
    })),
    days: eachDay(period, rows),
  }
}

function eachDay({ from, to }: Period, rows: readonly UsageRow[]): UsageReport['days'] {
  const days = daysFrom(from, to).map((day) => ({ day, amounts: nothing() }))
  const byDay = new Map(days.map(({ day, amounts }) => [day, amounts]))
  for (const { day = '', category, amount } of rows) {
    const amounts = byDay.get(day)
    if (amounts !== undefined && category !== undefined) amounts[category] = amount
  }
  return days
}

const nothing = (): Record<Category, bigint> => ({ LLM: 0n, WebSearch: 0n, SpeechToText: 0n })

const sum = (rows: readonly Used[]): Used => ({
  amount: rows.reduce((total, row) => total + row.amount, 0n),
  charges: rows.reduce((total, row) => total + row.charges, 0),
})

/** @throws CreditsError why the database cannot be asked */
export const readFirst = (
  ledger: CreditLedger,
  account: string,
  period: Period,
  { by, count }: { by: Ranking; count: number },
): Promise<RankedUsage['first']> => ledger.topUsage(account, { ...boundsOf(period), by, limit: count })

/** What the first of a ranking leave of all that was used; nothing, where they were read when more had been. */
export function restOf(total: Used, first: RankedUsage['first']): Used {
  const { amount, charges } = sum(first)
  const isMore = amount > total.amount || charges > total.charges
  return isMore ? sum([]) : { amount: total.amount - amount, charges: total.charges - charges }
}
