import type { types } from '@slack/bolt'

/** Rich text, its preformatted parts with a margin. */
export const richTextLines = ({ elements }: types.RichTextBlock): string[] =>
  elements.flatMap((part) => {
    if (part.type === 'rich_text_list') return part.elements.map((item) => `• ${inline(item.elements)}`)
    const lines = inline(part.elements).split('\n')
    return part.type === 'rich_text_preformatted' ? lines.map((line) => `  ${line}`) : lines
  })

const inline = (elements: types.RichTextSection['elements']): string => elements.map(inlineText).join('')

function inlineText(element: types.RichTextSection['elements'][number]): string {
  switch (element.type) {
    case 'text':
      return element.text
    case 'link':
      return element.text ?? element.url
    case 'user':
      return `@${element.user_id}`
    case 'date':
      return element.fallback ?? String(element.timestamp)
    case 'emoji':
      return `:${element.name}:`
    default:
      return `[${element.type}]`
  }
}
