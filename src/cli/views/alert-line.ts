import type { AlertLine } from '../../types.ts'
import { fieldBlock } from './block.ts'
import { exactAmount } from './text.ts'

const LEVELS = ['fine', 'low', 'critical', 'empty'] as const

/** Where an account's low-balance alert begins, and how low it is. */
export function alertLineView({ account, amount, percent, base, line, level }: AlertLine): string {
  return fieldBlock(`Low-balance alert of ${account}`, [
    ['Line', exactAmount(line)],
    ['Amount', amount === null ? null : exactAmount(amount)],
    ['Percentage', percent === 0 ? null : `${percent} % of the ${exactAmount(base)} after the last grants`],
    ['Balance', LEVELS[level]],
  ])
}
