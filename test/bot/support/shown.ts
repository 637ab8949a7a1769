import { stripVTControlCharacters } from 'node:util'
import { blocksAsText, type Shown } from '../../../demo/blocks-as-text.ts'

/** What a person sees of a message or a view, without the bar at its side. */
export const shown = (view: Shown): string =>
  stripVTControlCharacters(blocksAsText(view)).replaceAll(/^┃ ?/gm, '')
