import type { types } from '@slack/bolt'
import { displayAmount } from '../../src/amount.ts'
import type { BatchType } from '../../src/types.ts'

/** A message: its blocks, and the text for notifications, screen readers and clients without blocks. */
export interface Message {
  text: string
  blocks: types.KnownBlock[]
}

/** At most 150 characters. */
export const header = (text: string): types.HeaderBlock => ({
  type: 'header',
  text: { type: 'plain_text', text },
})

/** At most 3,000 characters of mrkdwn. */
export const section = (text: string): types.SectionBlock => ({
  type: 'section',
  text: { type: 'mrkdwn', text },
})

/** Up to 10 fields, two side by side, each at most 2,000 characters of mrkdwn. */
export const fields = (texts: readonly string[]): types.SectionBlock => ({
  type: 'section',
  fields: texts.map((text) => ({ type: 'mrkdwn', text })),
})

/** Small grey lines, up to 10. */
export const context = (texts: readonly string[]): types.ContextBlock => ({
  type: 'context',
  elements: texts.map((text) => ({ type: 'mrkdwn', text })),
})

/** Buttons and switches side by side, up to 25; each action id once. */
export const actions = (elements: types.ActionsBlock['elements']): types.ActionsBlock => ({
  type: 'actions',
  elements,
})

export const divider: types.DividerBlock = { type: 'divider' }

/** At most 75 characters of text, 2,000 of value, which is no proof of anything: whoever clicks is asked again. */
export const button = (text: string, actionId: string, value?: string): types.Button => ({
  type: 'button',
  text: { type: 'plain_text', text },
  action_id: actionId,
  ...(value === undefined ? {} : { value }),
})

/** Opens an address; Slack tells of the click all the same. */
export const linkButton = (text: string, name: string, url: string): types.Button => ({
  ...button(text, `${LINK_ACTION}${name}`),
  url,
})

/**
 * Answers as if who clicks had typed it.
 *
 * @example commandButton('Usage', 'usage 30d') // as /credits usage 30d
 */
export const commandButton = (text: string, command: string): types.Button =>
  button(text, `${COMMAND_ACTION}${command.slice(0, COMMAND_IN_ID_MAX)}`, command)

/** How the action ids of link buttons and of command buttons begin: in a block each needs an id of its own. */
export const LINK_ACTION = 'link:'
export const COMMAND_ACTION = 'command:'
const COMMAND_IN_ID_MAX = 100

/** The kind of a credit, as a chip. */
export const chip = (type: BatchType): string => `\`${batchTypeName(type)}\``

export const batchTypeName = (type: BatchType): string => (type === 'free' ? 'Free' : 'Paid')

/** @example credits(1_000_000n) // '1 credit' */
export function credits(amount: bigint, places?: number): string {
  const shown = displayAmount(amount, places)
  return `${shown} ${shown === '1' ? 'credit' : 'credits'}`
}

/** An instant in the reader's own time zone; where the client cannot, in UTC. */
export const localMoment = (at: Date): string =>
  `<!date^${Math.floor(at.getTime() / 1000)}^{date_short_pretty} at {time}|${utcMoment(at)}>`

/** The day of an instant in the reader's own time zone; where the client cannot, in UTC. */
export const localDay = (at: Date): string =>
  `<!date^${Math.floor(at.getTime() / 1000)}^{date_short_pretty}|${utcDay(at)}>`

const UTC_DAY = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  timeZone: 'UTC',
})

/** @example utcDay(new Date('2026-05-03T17:00:00Z')) // '3 May 2026' */
export const utcDay = (at: Date): string => UTC_DAY.format(at)

const UTC_MOMENT = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  timeZone: 'UTC',
})

/** @example utcMoment(new Date('2026-05-03T17:00:00Z')) // '3 May 2026, 17:00 UTC' */
export const utcMoment = (at: Date): string => `${UTC_MOMENT.format(at)} UTC`

/** Takes the meaning from what people typed, or named: no mention, link or markup comes of it. */
export const escapeText = (text: string, lengthMax = 200): string =>
  text
    .slice(0, lengthMax)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('`', 'ˋ')

/** A person of Slack by their own name, anybody else as they were named. */
export const personOrName = (user: string): string =>
  /^[UW][A-Z0-9]{2,20}$/.test(user) ? `<@${user}>` : escapeText(user)
