import { displayAmount } from '../../src/amount.ts'
import type { Balance } from '../../src/types.ts'
import {
  chip,
  context,
  credits,
  escapeText,
  fields,
  header,
  localMoment,
  type Message,
  section,
  utcMoment,
} from './blocks.ts'

/** The balance: three numbers, what they are made of, and what expires next. */
export function balanceView(balance: Balance): Message {
  return {
    text: balanceText(balance),
    blocks: [
      header(`${credits(balance.available)} available`),
      fields([
        `*Available*\n${displayAmount(balance.available)}`,
        `*Held*\n${displayAmount(balance.held)}${balance.openHolds === 0 ? '' : ` (${holds(balance)})`}`,
        `*Settled*\n${displayAmount(balance.settled)}`,
        `*Of which*\n${chip('free')} ${displayAmount(balance.free)}   ${chip('paid')} ${displayAmount(balance.paid)}`,
      ]),
      ...warnings(balance).map((warning) => section(`:warning: ${warning}`)),
      context([
        nextExpiryLine(balance, localMoment),
        `Account \`${escapeText(balance.account)}\`. Available is settled less held.`,
      ]),
    ],
  }
}

/** The same in one paragraph. */
function balanceText(balance: Balance): string {
  const held =
    balance.openHolds === 0 ? 'nothing held' : `${displayAmount(balance.held)} held (${holds(balance)})`
  return [
    `${credits(balance.available)} available: ${displayAmount(balance.settled)} settled, ${held}.`,
    `Free ${displayAmount(balance.free)}, Paid ${displayAmount(balance.paid)}.`,
    ...warnings(balance),
    nextExpiryLine(balance, utcMoment),
  ].join(' ')
}

function warnings(balance: Balance): string[] {
  if (balance.debt > 0n) {
    return [
      `Debt of ${credits(balance.debt)}: the next credit granted repays it first. New calls are refused.`,
    ]
  }
  if (balance.available > 0n) return []
  return [
    balance.held > 0n
      ? 'All credit is held: new calls are refused until running ones finish, or credit is added.'
      : 'No credit is left: new calls are refused until credit is added.',
  ]
}

function nextExpiryLine({ nextExpiry }: Balance, moment: (at: Date) => string): string {
  return nextExpiry === null
    ? 'No credit expires.'
    : `Next to expire: ${credits(nextExpiry.amount)} on ${moment(nextExpiry.at)}.`
}

const holds = ({ openHolds }: Balance): string =>
  openHolds === 1 ? '1 open hold' : `${openHolds} open holds`
