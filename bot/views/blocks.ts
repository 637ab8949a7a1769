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

/** The kind of a credit, as a chip. */
export const chip = (type: BatchType): string => (type === 'free' ? '`Free`' : '`Paid`')

/** @example credits(1_000_000n) // '1 credit' */
export function credits(amount: bigint): string {
  const shown = displayAmount(amount)
  return `${shown} ${shown === '1' ? 'credit' : 'credits'}`
}

/** An instant in the reader's own time zone; where the client cannot, in UTC. */
export const localMoment = (at: Date): string =>
  `<!date^${Math.floor(at.getTime() / 1000)}^{date_short_pretty} at {time}|${utcMoment(at)}>`

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
export const escapeText = (text: string): string =>
  text
    .slice(0, 200)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('`', 'ˋ')
