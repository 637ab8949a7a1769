import type { Hold } from '../../types.ts'
import { fieldBlock } from './block.ts'
import { minuteInUtc } from './text.ts'

/** One hold, after something was done to it. */
export const holdBlock = (title: string, hold: Hold): string =>
  fieldBlock(title, [
    ['Hold', hold.id],
    ['Category', hold.category],
    ['State', hold.state],
    ['Authorized', minuteInUtc(hold.authorizedAt)],
    // To the second: a hold lasts minutes, and what is left of them is what one wants to know.
    [
      'Lapses',
      hold.state === 'open' ? `${hold.expiresAt.toISOString().slice(0, 19).replace('T', ' ')} UTC` : null,
    ],
  ])
