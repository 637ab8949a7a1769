import type { ListedRate, SetRate } from '../../prices.ts'
import { drawTable } from './table.ts'
import { counted, minuteOf } from './text.ts'

/** Prices that were set, by model and unit. */
export function ratesTable(rates: readonly ListedRate[]): string {
  if (rates.length === 0) return 'No prices were set: the published ones hold.'
  return drawTable(
    [
      { head: 'Provider' },
      { head: 'Model' },
      { head: 'Unit' },
      { head: 'Dollars', align: 'right' },
      { head: 'Per', align: 'right' },
      { head: 'From (UTC)' },
      { head: 'State' },
      { head: 'Source' },
    ],
    rates.map((rate) => [
      rate.provider,
      rate.model,
      rate.unit,
      rate.dollars ?? 'published',
      perOf(rate),
      minuteOf(rate.from),
      rate.state,
      rate.source,
    ]),
  )
}

/** What became of prices to set, beside what holds otherwise. */
export function setRatesTable(rates: readonly SetRate[], dryRun: boolean): string {
  const added = rates.filter(({ outcome }) => outcome !== 'unchanged').length
  const title = dryRun
    ? `Nothing was set. ${counted(added, 'price')} would be:`
    : `Set ${counted(added, 'price')}.`
  const table = drawTable(
    [
      { head: 'Provider' },
      { head: 'Model' },
      { head: 'Unit' },
      { head: 'Dollars', align: 'right' },
      { head: 'Before', align: 'right' },
      { head: 'Per', align: 'right' },
      { head: 'From (UTC)' },
      { head: '' },
    ],
    rates.map((rate) => [
      rate.provider,
      rate.model,
      rate.unit,
      rate.dollars ?? 'published',
      rate.before ?? 'no price',
      perOf(rate),
      minuteOf(rate.from),
      rate.outcome,
    ]),
  )
  return `${title}\n\n${table}`
}

const perOf = ({ per }: { per: number }): string => per.toLocaleString('en-US')
