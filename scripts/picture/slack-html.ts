import type { Message } from '../../bot/index.ts'
import { escapeHtml } from './terminal-html.ts'

/** A Slack message as HTML: headers, sections, context and buttons, which is what `/credits` answers with. */
export const messageAsHtml = (message: Message): string => message.blocks.map(blockAsHtml).join('\n')

function blockAsHtml(block: Message['blocks'][number]): string {
  switch (block.type) {
    case 'header':
      return `<h3>${escapeHtml(block.text.text)}</h3>`
    case 'section': {
      const fields = block.fields?.map((field) => `<div>${mrkdwnAsHtml(field.text)}</div>`) ?? []
      const text = block.text === undefined ? '' : `<p>${mrkdwnAsHtml(block.text.text)}</p>`
      return fields.length === 0 ? text : `${text}<div class="fields">${fields.join('')}</div>`
    }
    case 'context': {
      const lines = block.elements.map((element) => ('text' in element ? mrkdwnAsHtml(element.text) : ''))
      return `<div class="context">${lines.join('<br>')}</div>`
    }
    case 'actions': {
      const buttons = block.elements.map((element) =>
        element.type === 'button' ? `<span class="button">${escapeHtml(element.text.text)}</span>` : '',
      )
      return `<div class="actions">${buttons.join('')}</div>`
    }
    default:
      throw new Error(`The picture cannot show a ${block.type} block yet.`)
  }
}

/** Slack's texts come escaped; dates show as their fallback, which is in UTC. */
const mrkdwnAsHtml = (mrkdwn: string): string =>
  mrkdwn
    .replaceAll(/<!date\^[^|>]*\|([^>]*)>/g, '$1')
    .replaceAll(':warning:', '⚠️')
    .replaceAll(/\*([^*\n]+)\*/g, '<b>$1</b>')
    .replaceAll(/`([^`\n]+)`/g, '<code>$1</code>')
    .replaceAll('\n', '<br>')
