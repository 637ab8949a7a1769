import { styleText } from 'node:util'
import type { ChargesPage } from '../../types.ts'
import { drawTable } from './table.ts'
import { amountColumn, minuteOf, printable } from './text.ts'

/** A page of an account's charges, in the order given. */
export function chargesTable(account: string, { charges, next }: ChargesPage): string {
  if (charges.length === 0) return `${printable(account)} has no charges there.`
  const amounts = amountColumn(charges.map(({ amount }) => amount))
  const table = drawTable(
    [
      { head: 'Charged' },
      { head: 'Category' },
      { head: 'Credits', align: 'right' },
      { head: 'Model' },
      { head: 'Agent' },
      { head: 'User' },
      { head: 'Charge' },
    ],
    charges.map(({ chargedAt, category, model, agent, user, id }, index) => [
      minuteOf(chargedAt),
      category,
      amounts[index] ?? '',
      model ?? '',
      agent ?? '',
      user ?? '',
      id,
    ]),
  )
  const more = next === null ? '' : ` There are more: --after ${next}`
  return `${table}\n${styleText('dim', `Times are in UTC.${more}`)}`
}
