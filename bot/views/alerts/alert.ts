import type { types } from '@slack/bolt'
import { displayAmount } from '../../../src/amount.ts'
import type { Alert } from '../../../src/types.ts'
import { EXTEND_BATCH_ACTION, SNOOZE_ALERT_ACTION, snoozeBlockId, subjectValue } from '../actions.ts'
import { grantButton } from '../admin/buttons.ts'
import {
  actions,
  button,
  commandButton,
  context,
  credits,
  escapeText,
  fields,
  header,
  linkButton,
  localMoment,
  type Message,
  personOrName,
  section,
  utcMoment,
} from '../blocks.ts'
import type { AlertState } from './state.ts'
import { alertWords, type Moment } from './words.ts'

/** Who reads it, and what they may do about it. */
export interface Audience {
  /** Whether it is shown to those who can grant and snooze. */
  readonly areAdmins: boolean
  /** Whether the account is the one that a reader's own `/credits usage` is about. */
  readonly seeUsage: boolean
  /** Where credit is bought. */
  readonly addCreditUrl: string | undefined
}

export const SNOOZES = [
  { duration: '1h', text: '1 hour' },
  { duration: '1d', text: '1 day' },
  { duration: '7d', text: '1 week' },
] as const

/** The message of an alert; of one that is over, what became of it, with nothing left to click. */
export function alertView(state: AlertState, audience: Audience): Message {
  const { alert, balance } = state
  const { sign, title, summary } = alertWords(state)
  const isOver = alert.resolvedAt !== null
  const why = isOver ? [] : whyNow(state)
  return {
    text: unmarked(
      [`${title}.`, `Account ${alert.account}.`, ...summary(utcMoment), ...why.map(sentence)].join(' '),
    ),
    blocks: [
      header(title),
      section(`${sign} ${summary(localMoment).join(' ')}`),
      fields([
        `*Account*\n\`${escapeText(alert.account)}\``,
        `*Available*\n${displayAmount(balance.available)}`,
        `*Settled*\n${displayAmount(balance.settled)}`,
        `*Held*\n${displayAmount(balance.held)}`,
      ]),
      ...(why.length === 0 ? [] : [section(why.join('\n'))]),
      ...(isOver ? [] : choices(alert, audience)),
      context([timesOf(alert, localMoment)]),
    ],
  }
}

function whyNow({ alert, topAgents, topUsers }: AlertState): string[] {
  if (alert.kind === 'unpriced') return []
  const lists = [
    { what: 'agents', names: topAgents.map(({ name, amount }) => `${escapeText(name)} ${credits(amount)}`) },
    { what: 'people', names: topUsers.map(({ name, amount }) => `${personOrName(name)} ${credits(amount)}`) },
  ]
  return lists
    .filter(({ names }) => names.length > 0)
    .map(({ what, names }) => `*Top ${what} of the last 24 hours:* ${names.join(', ')}`)
}

const sentence = (line: string): string => `${line}.`

/** For a notification, which shows no markup. */
const unmarked = (text: string): string => text.replaceAll(/[*`]/g, '')

function timesOf({ raisedAt, resolvedAt, snoozedUntil }: Alert, moment: Moment): string {
  return `${[
    `Since ${moment(raisedAt)}`,
    ...(resolvedAt === null ? [] : [`over since ${moment(resolvedAt)}`]),
    ...(resolvedAt === null && snoozedUntil !== null ? [`snoozed until ${moment(snoozedUntil)}`] : []),
  ].join(', ')}.`
}

function choices(alert: Alert, { areAdmins, seeUsage, addCreditUrl }: Audience): types.ActionsBlock[] {
  const elements: types.ActionsBlock['elements'] = [
    ...(areAdmins ? remedies(alert) : []),
    ...(addCreditUrl === undefined || areAdmins ? [] : [linkButton('Add credit', 'add', addCreditUrl)]),
    ...(seeUsage ? [commandButton('Usage', 'usage 7d')] : []),
    ...(areAdmins ? [snoozeSelect] : []),
  ]
  return elements.length === 0 ? [] : [{ ...actions(elements), block_id: snoozeBlockId(alert) }]
}

/** What helps against it. */
function remedies({ kind, account, subject }: Alert): types.Button[] {
  switch (kind) {
    case 'low_balance':
    case 'run_out':
      return [{ ...grantButton(account), style: 'primary' }]
    case 'expiring_soon':
    case 'paid_at_risk':
      return subject === null ? [] : [button('Extend', EXTEND_BATCH_ACTION, subjectValue(subject, account))]
    case 'unpriced':
      return []
  }
}

const snoozeSelect: types.StaticSelect = {
  type: 'static_select',
  action_id: SNOOZE_ALERT_ACTION,
  placeholder: { type: 'plain_text', text: 'Snooze' },
  options: SNOOZES.map(({ duration, text }) => ({
    text: { type: 'plain_text' as const, text: `Snooze for ${text}` },
    value: duration,
  })),
}
