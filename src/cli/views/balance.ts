import type { Balance } from '../../types.ts'
import { fieldBlock } from './block.ts'
import { amountColumn, counted, minuteInUtc } from './text.ts'

export function balanceView(balance: Balance): string {
  const { available, held, settled, free, paid, debt, openHolds, nextExpiry } = balance
  const amounts = amountColumn([available, held, settled, free, paid, debt, nextExpiry?.amount ?? 0n])
  const width = Math.max(...amounts.map((amount) => amount.length))
  const [availableShown, heldShown, settledShown, freeShown, paidShown, debtShown, nextExpiryShown] =
    amounts.map((amount) => amount.padStart(width)) as [
      string,
      string,
      string,
      string,
      string,
      string,
      string,
    ]
  return fieldBlock(`Credits of ${balance.account}`, [
    ['Available', availableShown],
    ['Held', `${heldShown}  ${counted(openHolds, 'open hold')}`],
    ['Settled', settledShown],
    ['Free', freeShown],
    ['Paid', paidShown],
    ['Debt', debtShown],
    ['Next expiry', nextExpiry === null ? null : `${nextExpiryShown}  on ${minuteInUtc(nextExpiry.at)}`],
  ])
}
