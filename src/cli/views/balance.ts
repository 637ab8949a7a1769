import type { Balance } from '../../types.ts'
import { fieldBlock } from './block.ts'
import { amountColumn, counted, minuteInUtc } from './text.ts'

interface Line {
  label: string
  amount: bigint
  remark?: string
}

export function balanceView(balance: Balance): string {
  const lines: Line[] = [
    { label: 'Available', amount: balance.available },
    { label: 'Held', amount: balance.held, remark: counted(balance.openHolds, 'open hold') },
    { label: 'Settled', amount: balance.settled },
    { label: 'Free', amount: balance.free },
    { label: 'Paid', amount: balance.paid },
    { label: 'Debt', amount: balance.debt },
  ]
  if (balance.nextExpiry !== null) {
    const { amount, at } = balance.nextExpiry
    lines.push({ label: 'Next expiry', amount, remark: `on ${minuteInUtc(at)}` })
  }
  const amounts = amountColumn(lines.map(({ amount }) => amount))
  const width = Math.max(...amounts.map((amount) => amount.length))
  return fieldBlock(
    `Credits of ${balance.account}`,
    lines.map(({ label, remark = '' }, index) => [
      label,
      `${(amounts[index] ?? '').padStart(width)}  ${remark}`.trimEnd(),
    ]),
  )
}
