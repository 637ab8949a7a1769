import type { types } from '@slack/bolt'
import { displayAmount } from '../../src/amount.ts'
import type { Balance, Expiry, Forecast } from '../../src/types.ts'
import { OPEN_BATCHES_ACTION } from './batches.ts'
import {
  actions,
  button,
  chip,
  commandButton,
  context,
  credits,
  escapeText,
  fields,
  header,
  linkButton,
  localDay,
  localMoment,
  type Message,
  section,
  utcDay,
  utcMoment,
} from './blocks.ts'
import { expiryLines, lapseLines, lastingLine } from './forecast.ts'

/** An account's balance, and what is known of where it goes. */
export interface BalanceReport {
  readonly balance: Balance
  readonly forecast: Forecast
  /** What expired lately, latest first. */
  readonly expiries: readonly Expiry[]
  /** When it was read. */
  readonly at: Date
}

/**
 * The balance: three numbers, what they are made of, how long it lasts, what expires next and what did lately.
 *
 * @param addCreditUrl where people buy credit; without it there is no such button
 */
export function balanceView(report: BalanceReport, addCreditUrl?: string): Message {
  const { balance, forecast, expiries, at } = report
  return {
    text: balanceText(report),
    blocks: [
      header(balanceTitle(balance)),
      balanceFields(balance),
      ...warnings(balance).map((warning) => section(`:warning: ${warning}`)),
      context([
        ...lastingLine(balance, forecast, at, localDay),
        nextExpiryLine(balance, localMoment),
        ...lapseLines(forecast, localDay),
        ...expiryLines(expiries, localDay),
        `Account \`${escapeText(balance.account)}\`. Available is settled less held.`,
      ]),
      actions([
        button('View active credits', OPEN_BATCHES_ACTION),
        commandButton('Usage', 'usage'),
        ...addCreditButton(addCreditUrl),
      ]),
    ],
  }
}

export const balanceTitle = ({ available }: Balance): string => `${credits(available)} available`

/** The three numbers, and Free and Paid. */
export const balanceFields = (balance: Balance): types.SectionBlock =>
  fields([
    `*Available*\n${displayAmount(balance.available)}`,
    `*Held*\n${displayAmount(balance.held)}${balance.openHolds === 0 ? '' : ` (${holds(balance)})`}`,
    `*Settled*\n${displayAmount(balance.settled)}`,
    `*Of which*\n${chip('free')} ${displayAmount(balance.free)}   ${chip('paid')} ${displayAmount(balance.paid)}`,
  ])

export const addCreditButton = (url: string | undefined): types.Button[] =>
  url === undefined ? [] : [linkButton('Add credit', 'add_credit', url)]

/** The same in one paragraph. */
function balanceText({ balance, forecast, expiries, at }: BalanceReport): string {
  const held =
    balance.openHolds === 0 ? 'nothing held' : `${displayAmount(balance.held)} held (${holds(balance)})`
  return [
    `${balanceTitle(balance)}: ${displayAmount(balance.settled)} settled, ${held}.`,
    `Free ${displayAmount(balance.free)}, Paid ${displayAmount(balance.paid)}.`,
    ...warnings(balance),
    ...lastingLine(balance, forecast, at, utcDay),
    nextExpiryLine(balance, utcMoment),
    ...expiryLines(expiries, utcDay),
  ].join(' ')
}

/** What keeps calls from being made, in words. */
export function warnings(balance: Balance): string[] {
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

export function nextExpiryLine({ nextExpiry }: Balance, moment: (at: Date) => string): string {
  return nextExpiry === null
    ? 'No credit expires.'
    : `Next to expire: ${credits(nextExpiry.amount)} on ${moment(nextExpiry.at)}.`
}

const holds = ({ openHolds }: Balance): string =>
  openHolds === 1 ? '1 open hold' : `${openHolds} open holds`
