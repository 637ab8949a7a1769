import { stripVTControlCharacters, styleText } from 'node:util'

const FIELD_WIDTH = 34

/** Slack's emoji that the bot uses, as characters. */
const EMOJI: Readonly<Record<string, string>> = {
  warning: '⚠',
  white_check_mark: '✅',
  hourglass_flowing_sand: '⏳',
  red_circle: '🔴',
  large_orange_circle: '🟠',
  large_yellow_circle: '🟡',
  large_green_circle: '🟢',
  rotating_light: '🚨',
  no_entry: '⛔',
  bell: '🔔',
  calendar: '📅',
  grey_question: '❔',
  zzz: '💤',
}

/** mrkdwn as a terminal shows it: bold, chips, links, people, dates by their fallback. */
export const plain = (mrkdwn: string): string =>
  mrkdwn
    .replaceAll(/<!date\^[^|>]*\|([^>]*)>/g, '$1')
    .replaceAll(/<(https?:[^|>]*)\|([^>]*)>/g, '$2 ($1)')
    .replaceAll(/<[@#]([^|>]*)(?:\|[^>]*)?>/g, '@$1')
    .replaceAll(/:([a-z_]+):/g, (whole, name: string) => EMOJI[name] ?? whole)
    .replaceAll(/\*([^*\n]+)\*/g, (_, text: string) => styleText('bold', text))
    .replaceAll(/`([^`\n]+)`/g, (_, text: string) => styleText('inverse', ` ${text} `))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')

/** Two fields side by side, as Slack sets them on a wide screen. */
export function fieldLines(fields: readonly { text: string }[]): string[] {
  const cells = fields.map(({ text }) => text.split('\n').map(plain))
  const lines: string[] = []
  for (let index = 0; index < cells.length; index += 2) {
    const [left = [], right = []] = cells.slice(index, index + 2)
    for (let row = 0; row < Math.max(left.length, right.length); row++) {
      lines.push(`${padVisible(left[row] ?? '')}${right[row] ?? ''}`)
    }
  }
  return lines
}

/** Pads by what is seen: the codes for bold take no room. */
function padVisible(text: string): string {
  const seen = stripVTControlCharacters(text).length
  return text + ' '.repeat(Math.max(2, FIELD_WIDTH - seen))
}
