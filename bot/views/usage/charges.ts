import { longDay } from '../../usage/days.ts'
import type { Period } from '../../usage/period.ts'
import { actions, context, linkButton, type Message, section } from '../blocks.ts'
import { notice } from '../notices.ts'

/** A link to the list; not in the text, which notifications show. */
export const chargesLinkView = (url: string, period: Period, minutes: number): Message => ({
  text: `The charges ${daysOf(period)} are ready to download for ${minutes} minutes.`,
  blocks: [
    section(`The charges ${daysOf(period)}, as CSV.`),
    actions([linkButton('Download', 'charges_csv', url)]),
    context([`For ${minutes} minutes, and for whoever has the link: do not pass it on.`]),
  ],
})

export const chargesSentView: Message = notice('Sent to you as a direct message from this app.')

export const chargesBusyView: Message = notice('Other lists are being made. Click again in a minute.')

export const chargesTooLargeView = (period: Period): Message =>
  notice(
    `There are too many charges ${daysOf(period)} for a file in Slack. Ask for fewer days, such as \`/credits usage 7d\`.`,
  )

const daysOf = ({ from, to }: Period): string =>
  from === to ? `of ${longDay(from)}` : `from ${longDay(from)} to ${longDay(to)}`
