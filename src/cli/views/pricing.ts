import type { ListedSetting } from '../../prices.ts'
import { drawTable } from './table.ts'
import { minuteOf } from './text.ts'

const NAMES: Readonly<Record<ListedSetting['setting'], string>> = {
  creditsPerDollar: 'credits per dollar',
  markup: 'markup',
}

/** How dollars become credits, for all accounts and for each. */
export function pricingTable(settings: readonly ListedSetting[]): string {
  if (settings.length === 0) return 'Nothing was set: 100 credits per dollar, markup 1.'
  return drawTable(
    [
      { head: 'Account' },
      { head: 'Setting' },
      { head: 'Value', align: 'right' },
      { head: 'From (UTC)' },
      { head: 'State' },
    ],
    settings.map(({ account, setting, value, from, state }) => [
      account ?? '(all)',
      NAMES[setting],
      value ?? 'default',
      minuteOf(from),
      state,
    ]),
  )
}
