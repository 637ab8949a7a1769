import { styleText } from 'node:util'
import type { Message } from '../bot/index.ts'
import { elementAsText, inputAsText } from './slack-text/elements.ts'
import { fieldLines, plain } from './slack-text/mrkdwn.ts'
import { richTextLines } from './slack-text/rich-text.ts'
import { chartLines, tableLines } from './slack-text/tables.ts'

type Block = Message['blocks'][number]

/** A message, or a view of Slack's: a modal, or the App Home. */
export interface Shown {
  readonly type?: string | undefined
  readonly title?: { readonly text: string } | undefined
  readonly submit?: { readonly text: string } | undefined
  readonly close?: { readonly text: string } | undefined
  /** Slack's types let views hold blocks that they do not know. */
  readonly blocks: readonly { readonly type: string }[]
}

/** Draws a Slack message, modal or App Home for a terminal, with a bar at its side. */
export function blocksAsText(shown: Shown): string {
  const title = shown.title === undefined ? [] : [styleText('bold', `[${shown.title.text}]`), '']
  const ends = [shown.close, shown.submit].flatMap((button) => (button ? [`[ ${button.text} ]`] : []))
  const lines = [
    ...title,
    ...shown.blocks.flatMap((block) => blockLines(block as Block)),
    ...(ends.length === 0 ? [] : ['', ends.join('  ')]),
  ]
  return lines.map((line) => `${styleText('green', '┃')} ${line}`.trimEnd()).join('\n')
}

function blockLines(block: Block): string[] {
  switch (block.type) {
    case 'header':
      return [styleText('bold', block.text.text), '']
    case 'section':
      return [
        ...textLines(block.text?.text),
        ...fieldLines(block.fields ?? []),
        ...(block.accessory === undefined ? [] : [elementAsText(block.accessory)]),
        '',
      ]
    case 'context':
      return block.elements.map((element) =>
        styleText('dim', 'text' in element ? plain(element.text) : element.alt_text),
      )
    case 'actions':
      return [block.elements.map(elementAsText).join('  '), '']
    case 'input':
      return [inputAsText(block), '']
    case 'divider':
      return ['────────', '']
    case 'image':
      return [`(picture: ${block.alt_text})`, '']
    case 'rich_text':
      return [...richTextLines(block), '']
    case 'data_table':
      return [styleText('dim', block.caption), ...tableLines(block), '']
    default:
      return [...chartLines(block), '']
  }
}

const textLines = (mrkdwn: string | undefined): string[] =>
  plain(mrkdwn ?? '')
    .split('\n')
    .filter(Boolean)
