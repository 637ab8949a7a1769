import { escapeText, type Message, section } from '../blocks.ts'

/** For somebody who may not do what an alert's buttons do. */
export const adminsOnly: Message = notice(
  'Only admins of the workspace whose account it is may snooze its alerts.',
)

export const cannotSnooze = (why: string): Message => notice(`The alert was not snoozed. ${why}`)

function notice(text: string): Message {
  return { text, blocks: [section(`:warning: ${escapeText(text, 2_000)}`)] }
}
