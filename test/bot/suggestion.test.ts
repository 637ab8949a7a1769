import { describe, expect, it } from 'vitest'
import { closestName } from '../../bot/commands/suggestion.ts'

const NAMES = ['balance', 'help', 'usage', 'batches']

describe('closestName', () => {
  it.each([
    ['blance', 'balance'],
    ['balanec', 'balance'],
    ['ballance', 'balance'],
    ['bal', 'balance'],
    ['hlep', 'help'],
    ['usgae', 'usage'],
    ['batchs', 'batches'],
  ])('takes %s for %s', (typed, meant) => {
    expect(closestName(typed, NAMES)).toBe(meant)
  })

  it.each([['b'], ['invoice'], ['hxxp'], ['x'], ['balance'.repeat(1000)]])(
    'guesses nothing for %s',
    (typed) => {
      expect(closestName(typed, NAMES)).toBeUndefined()
    },
  )
})
