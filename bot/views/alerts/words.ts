import { type Credits, parseAmount } from '../../../src/amount.ts'
import { chip, credits, escapeText } from '../blocks.ts'
import { lastingLine } from '../forecast.ts'
import type { AlertState } from './state.ts'

/** What an alert says. Its sign is an emoji that has a name too: nothing is said by colour alone. */
export interface AlertWords {
  readonly sign: string
  /** Plain text of at most 150 characters. */
  readonly title: string
  /** Sentences of mrkdwn. */
  summary(moment: Moment): string[]
}

/** Writes an instant. */
export type Moment = (at: Date) => string

const OVER = ':white_check_mark:'

export function alertWords(state: AlertState): AlertWords {
  const isOver = state.alert.resolvedAt !== null
  const { outcome } = state.alert.detail
  switch (state.alert.kind) {
    case 'low_balance':
      return isOver ? recovered(state) : lowBalance(state)
    case 'run_out':
      return isOver
        ? over(state, outcome === 'low' ? 'Credit is low by now' : 'Credit no longer runs out soon')
        : runOut(state)
    case 'expiring_soon':
      return isOver
        ? lapseOver(state, 'Free credit has expired unused', 'This credit no longer expires unused')
        : expiringSoon(state)
    case 'paid_at_risk':
      return isOver
        ? lapseOver(state, 'Paid credit has expired unused', 'Paid credit is no longer at risk')
        : paidAtRisk(state)
    case 'unpriced':
      return unpriced(state, isOver)
  }
}

const LEVELS = [
  { sign: ':warning:', title: 'Credit is low' },
  { sign: ':rotating_light:', title: 'Credit is critically low' },
  { sign: ':no_entry:', title: 'Credit has run out' },
] as const

function lowBalance(state: AlertState): AlertWords {
  const { alert, balance } = state
  const { sign, title } = LEVELS[alert.level - 1] ?? LEVELS[0]
  return {
    sign,
    title,
    summary: (moment) => [
      `${settled(state)}${lineOf(state, isBelowLine(state) ? ', below the alert line of ' : ', hardly above the alert line of ')}.`,
      ...(balance.available > 0n
        ? lasts(state, moment)
        : [
            balance.held > 0n
              ? 'New calls are refused until running ones finish, or credit is added.'
              : 'New calls are refused until credit is added.',
          ]),
    ],
  }
}

const recovered = (state: AlertState): AlertWords => ({
  sign: OVER,
  title: 'Credit has recovered',
  summary: (moment) => [
    `${settled(state)}${lineOf(state, ', above the alert line of ')}.`,
    ...lasts(state, moment),
  ],
})

const runOut = (state: AlertState): AlertWords => ({
  sign: ':hourglass_flowing_sand:',
  title: 'Credit runs out soon',
  summary: (moment) => [`${settled(state)}.`, ...lasts(state, moment)],
})

const expiringSoon = (state: AlertState): AlertWords => ({
  sign: ':calendar:',
  title: 'Credit expires soon',
  summary: (moment) => [lapse(state, moment)],
})

const paidAtRisk = (state: AlertState): AlertWords => ({
  sign: ':warning:',
  title: 'Paid credit is at risk',
  summary: (moment) => [
    lapse(state, moment),
    state.balance.free > 0n
      ? 'Free credit is spent before it; extend the batch, or expect to lose what was paid for.'
      : 'Extend the batch, or expect to lose what was paid for.',
  ],
})

function unpriced({ alert }: AlertState, isOver: boolean): AlertWords {
  const calls = alert.subject === null ? 'Some calls' : `Calls of \`${escapeText(alert.subject)}\``
  return isOver
    ? {
        sign: OVER,
        title: 'No more calls without a price',
        summary: () => [`${calls} were let through uncharged. There was none for a week.`],
      }
    : {
        sign: ':grey_question:',
        title: 'Calls without a price',
        summary: () => [
          `${calls} are let through uncharged: no price is known for them. Set one with \`credits rates set\`.`,
        ],
      }
}

const over = (state: AlertState, title: string): AlertWords => ({
  sign: OVER,
  title,
  summary: (moment) => [`${settled(state)}.`, ...lasts(state, moment)],
})

/** A fear of expiry that has come about, or has not. */
const lapseOver = (state: AlertState, expired: string, averted: string): AlertWords =>
  state.alert.detail['outcome'] === 'expired'
    ? { ...over(state, expired), sign: ':hourglass:' }
    : over(state, averted)

/** How long it lasts, where there is anything to last. */
const lasts = ({ balance, forecast, now }: AlertState, moment: Moment): string[] =>
  lastingLine(balance, forecast, now, moment)

const settled = ({ balance }: AlertState): string => `*${credits(balance.settled)}* settled`

/** What of the batch that it is about would be lost. */
function lapse({ alert, forecast }: AlertState, moment: Moment): string {
  const lost = forecast.lapses.find(({ batchId }) => batchId === alert.subject)
  if (lost === undefined) return 'Some credit is about to expire.'
  return `At the recent rate ${chip(lost.type)} *${credits(lost.amount)}* of a batch expire unused on ${moment(lost.at)}.`
}

/** An alert is over only a tenth above its line. */
const isBelowLine = (state: AlertState): boolean => state.balance.settled < (lineIn(state) ?? 0n)

/** The line that was crossed, after some words, where it is known. */
function lineOf(state: AlertState, words: string): string {
  const line = lineIn(state)
  return line === undefined || line === 0n ? '' : `${words}${credits(line)}`
}

function lineIn({ alert }: AlertState): Credits | undefined {
  const line: unknown = alert.detail['line']
  return typeof line === 'string' ? parseAmount(line) : undefined
}
