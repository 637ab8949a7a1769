import type { types } from '@slack/bolt'
import { displayAmount } from '../../../src/amount.ts'
import type { Balance, Batch } from '../../../src/types.ts'
import { chip, credits, escapeText, fields, header, localMoment, type Message, section } from '../blocks.ts'

/** What an admin is about to do, or has done. */
export interface Sheet {
  /** Plain text of at most 150 characters. */
  readonly title: string
  /** Labels and mrkdwn, up to 10. */
  readonly facts: readonly Fact[]
  /** Lines of mrkdwn on what is not to be expected. */
  readonly remarks: readonly string[]
}

export type Fact = readonly [label: string, value: string]

export const sheetBlocks = ({ title, facts, remarks }: Sheet): types.KnownBlock[] => [
  header(title),
  fields(facts.map(([label, value]) => `*${label}*\n${value}`)),
  ...remarks.map(section),
]

/** The same in one paragraph, for notifications and screen readers. */
export const sheetText = ({ title, facts, remarks }: Sheet): string =>
  [`${title}.`, ...facts.map(([label, value]) => `${label}: ${value}.`), ...remarks]
    .join(' ')
    .replaceAll(/<!date\^[^|>]*\|([^>]*)>/g, '$1')

export const sheetMessage = (sheet: Sheet): Message => ({
  text: sheetText(sheet),
  blocks: sheetBlocks(sheet),
})

/** With what can be spent now, where that is known. */
export const withBalance = (sheet: Sheet, balance: Balance | undefined): Sheet =>
  balance === undefined
    ? sheet
    : { ...sheet, facts: [...sheet.facts, ['Available now', credits(balance.available)]] }

export const warning = (text: string): string => `:warning: ${text}`

/** A name or an id as it is. */
export const code = (text: string): string => `\`${escapeText(text)}\``

export const moment = (at: Date | null): string => (at === null ? 'never' : localMoment(at))

export const accountFact = (account: string): Fact => ['Account', code(account)]

/** None where nothing was written. */
export const textFacts = (label: string, text: string | null | undefined): Fact[] =>
  text ? [[label, escapeText(text)]] : []

/** With all its digits: whoever confirms an amount sees it as it is. */
export const exactly = (amount: bigint): string => displayAmount(amount, 6)

/** @example exactCredits(2_345_678n) // '2.345678 credits' */
export const exactCredits = (amount: bigint): string =>
  `${exactly(amount)} ${exactly(amount) === '1' ? 'credit' : 'credits'}`

/** @example amountOf('free', 10_000_000n) // '`Free` 10 credits' */
export const amountOf = (type: Batch['type'], amount: bigint): string =>
  `${chip(type)} ${exactCredits(amount)}`

/** What can be spent before and after. */
export const availableFact = ({ available }: Balance, change: bigint): Fact => [
  'Available',
  `${displayAmount(available)} → ${displayAmount(available + change)}`,
]

export const batchFacts = (batch: Batch): Fact[] => [
  ['Batch', code(batch.id)],
  ['Remaining', `${amountOf(batch.type, batch.remaining)} of ${exactly(batch.allocated)}`],
]
