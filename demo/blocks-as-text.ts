import { stripVTControlCharacters, styleText } from 'node:util'
import type { Message } from '../bot/index.ts'

type Block = Message['blocks'][number]

const FIELD_WIDTH = 34

/** Draws a Slack message for a terminal, with a bar at its side. */
export function blocksAsText(message: Message): string {
  const lines = message.blocks.flatMap(blockLines)
  return lines.map((line) => `${styleText('green', '┃')} ${line}`.trimEnd()).join('\n')
}

function blockLines(block: Block): string[] {
  switch (block.type) {
    case 'header':
      return [styleText('bold', block.text.text), '']
    case 'section':
      return [
        ...plain(block.text?.text ?? '')
          .split('\n')
          .filter(Boolean),
        ...fieldLines(block.fields ?? []),
        '',
      ]
    case 'context':
      return block.elements.map((element) =>
        styleText('dim', 'text' in element ? plain(element.text) : element.alt_text),
      )
    default:
      return [`[${block.type}]`]
  }
}

/** Two fields side by side, as Slack sets them on a wide screen. */
function fieldLines(fields: readonly { text: string }[]): string[] {
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

/** mrkdwn as a terminal shows it: bold, chips, dates in UTC. */
const plain = (mrkdwn: string): string =>
  mrkdwn
    .replaceAll(/<!date\^[^|>]*\|([^>]*)>/g, '$1')
    .replaceAll(':warning:', '⚠')
    .replaceAll(/\*([^*\n]+)\*/g, (_, text: string) => styleText('bold', text))
    .replaceAll(/`([^`\n]+)`/g, (_, text: string) => styleText('inverse', ` ${text} `))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')

/** Pads by what is seen: the codes for bold take no room. */
function padVisible(text: string): string {
  const seen = stripVTControlCharacters(text).length
  return text + ' '.repeat(Math.max(2, FIELD_WIDTH - seen))
}
