import type { types } from '@slack/bolt'
import { displayAmount, formatAmount } from '../../src/amount.ts'
import type { Receipt, ReceiptDetail } from '../../src/types.ts'
import {
  actions,
  chip,
  context,
  credits,
  escapeText,
  fields,
  header,
  localMoment,
  type Message,
  personOrName,
  section,
} from './blocks.ts'
import { readableNumber, unitLines } from './receipt-units.ts'

/** All six decimals where they are there: at this place people check sums, so nothing is rounded. */
const EXACT_PLACES = 6

/** Most charges have a few draws and refunds; a text has 3,000 characters. */
const LINES_MAX = 12
const LINE_LENGTH_MAX = 600
const LIST_LENGTH_MAX = 2_800

/**
 * The whole story of a charge: what was used at what price, who paid, and what came back.
 *
 * @param buttons what can be done with it
 */
export function receiptView(receipt: Receipt, buttons: readonly types.Button[] = []): Message {
  const detail = receipt.receipt
  return {
    text: receiptText(receipt),
    blocks: [
      header(`${exact(receipt.amount)} for ${receipt.category}`),
      fields(attribution(receipt)),
      ...(receipt.estimated ? [section(estimateLine(detail))] : []),
      ...list('What was used', detail === null ? [] : unitLines(detail)),
      ...list('Price', detail === null ? [] : priceLines(receipt, detail)),
      ...list('Paid from', paymentLines(receipt)),
      ...list('What came back', returnLines(receipt)),
      section(`*Net* ${exact(receipt.net)}`),
      ...(buttons.length === 0 ? [] : [actions([...buttons])]),
      context([`Charge \`${receipt.id}\` of account \`${escapeText(receipt.account)}\`.`]),
    ],
  }
}

function receiptText(receipt: Receipt): string {
  const about = [receipt.category, receipt.model].filter((part) => part !== null).join(', ')
  const refunded = receipt.refunds.length === 0 ? '' : `, ${exact(receipt.net)} after refunds`
  return `${exact(receipt.amount)} for ${escapeText(about)}${refunded}. Charge ${receipt.id}.`
}

/** Up to 10 fields, which is what a section holds. */
function attribution(receipt: Receipt): string[] {
  const detail = receipt.receipt
  const known: [string, string | null][] = [
    ['Charged', localMoment(receipt.chargedAt)],
    ['Category', receipt.category],
    ['Model', plain(receipt.model)],
    ['Provider', plain(detail?.provider)],
    ['Agent', plain(receipt.agent)],
    ['User', receipt.user === null ? null : personOrName(receipt.user)],
    ['Conversation', plain(receipt.conversation)],
    ['Held for it', receipt.held === null ? null : displayAmount(receipt.held, EXACT_PLACES)],
    ['Tags', receipt.tags === null ? null : tagList(receipt.tags)],
  ]
  return known.filter(([, value]) => value !== null).map(([name, value]) => `*${name}*\n${value ?? ''}`)
}

const plain = (text: string | null | undefined): string | null => (text == null ? null : escapeText(text))

const tagList = (tags: Readonly<Record<string, string>>): string =>
  escapeText(
    Object.entries(tags)
      .map(([name, value]) => `${name}: ${value}`)
      .join(', '),
  )

/** Estimates are marked by word and sign. */
function estimateLine(detail: ReceiptDetail | null): string {
  const why = detail?.note === undefined ? 'the provider did not report it' : escapeText(detail.note)
  return `:warning: The usage is an estimate: ${why}.`
}

function priceLines({ amount }: Receipt, { exactCost, rateVersion, providerCost }: ReceiptDetail): string[] {
  return [
    ...(exactCost === undefined ? [] : [costLine(amount, exactCost)]),
    ...(providerCost === undefined ? [] : [`The provider said: ${escapeText(providerCost)} US dollars`]),
    ...(rateVersion === undefined ? [] : [`Rate card ${escapeText(rateVersion)}`]),
  ]
}

function costLine(amount: bigint, exactCost: string): string {
  const isWhole = exactCost === formatAmount(amount)
  const rounded = isWhole ? '' : `, ${exact(amount)} rounded up to a micro-credit`
  return `${readableNumber(exactCost)} credits exactly${rounded}`
}

/** In the order the batches were drawn. */
function paymentLines({ draws, debt, repayments }: Receipt): string[] {
  return [
    ...draws.map((draw) => `${exact(draw.amount)} from ${chip(draw.type)} batch \`${draw.batchId}\``),
    ...(debt === 0n ? [] : [`${exact(debt)} went into debt`]),
    ...repayments.map(
      ({ amount, batchId, at }) =>
        `${exact(amount)} of the debt repaid by batch \`${batchId}\`, ${localMoment(at)}`,
    ),
  ]
}

const returnLines = ({ refunds }: Receipt): string[] =>
  refunds.map(({ amount, batchId, reason, at }) => {
    const where = batchId === null ? 'off the debt' : `to batch \`${batchId}\``
    return `${exact(amount)} ${where}, ${localMoment(at)}${reason === null ? '' : `: ${escapeText(reason)}`}`
  })

function list(title: string, lines: readonly string[]): types.SectionBlock[] {
  if (lines.length === 0) return []
  const shown: string[] = []
  let length = 0
  for (const line of lines.slice(0, LINES_MAX).map(shortened)) {
    length += line.length
    if (length > LIST_LENGTH_MAX) break
    shown.push(`• ${line}`)
  }
  const rest = lines.length - shown.length
  return [section([`*${title}*`, ...shown, ...(rest > 0 ? [`• and ${rest} more`] : [])].join('\n'))]
}

/** What others wrote may be long; an entity is not cut apart. */
const shortened = (line: string): string =>
  line.length <= LINE_LENGTH_MAX ? line : `${line.slice(0, LINE_LENGTH_MAX).replace(/&[a-z]*$/, '')} …`

const exact = (amount: bigint): string => credits(amount, EXACT_PLACES)
