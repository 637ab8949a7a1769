import { stripVTControlCharacters } from 'node:util'
import { blocksAsText, type Shown } from '../../demo/blocks-as-text.ts'

/** One view, as it is kept for people to read, and to paste in Slack's Block Kit Builder. */
export interface WrittenView {
  /** Of its two files. */
  readonly name: string
  readonly text: string
  readonly json: unknown
}

/** A view by name, and in words when it is shown. */
export interface NamedView {
  readonly name: string
  readonly when: string
  readonly view: Shown & { readonly text?: string }
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g

/**
 * Writes views so that they are the same each time: ids become placeholders, in the order they are met, and
 * signatures and expiries of links go.
 */
export function writeViews(views: readonly NamedView[]): WrittenView[] {
  const known = new Map<string, string>()
  const placeholder = (id: string): string => {
    const number = known.get(id) ?? (known.size + 1).toString().padStart(12, '0')
    known.set(id, number)
    return `00000000-0000-7000-8000-${number}`
  }
  const lasting = (text: string): string =>
    text.replaceAll(UUID, placeholder).replaceAll(/([?&](?:expires|signature)=)[^&"\s)]+/g, '$1…')

  return views.map(({ name, when, view }) => {
    const picture = stripVTControlCharacters(blocksAsText(view)).replaceAll(/^┃ ?/gm, '')
    const { text: withoutBlocks, ...pasted } = view
    const fallback = withoutBlocks === undefined ? '' : `\n--- without blocks:\n${withoutBlocks}\n`
    return {
      name,
      text: lasting(`${when}\n\n${picture.trimEnd()}\n${fallback}`),
      json: JSON.parse(lasting(JSON.stringify(pasted))) as unknown,
    }
  })
}
