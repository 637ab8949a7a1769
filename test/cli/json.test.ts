import { expect, it } from 'vitest'
import { micro } from '../../src/amount.ts'
import { toJson } from '../../src/json.ts'

it('writes amounts as decimals and instants as ISO 8601, however deep', () => {
  const given = {
    amount: micro(-1_500_000n),
    at: new Date(0),
    parts: [{ amount: micro(1n), until: null }],
    charges: 2,
    estimated: false,
    unset: undefined,
  }
  expect(toJson(given)).toStrictEqual({
    amount: '-1.5',
    at: '1970-01-01T00:00:00.000Z',
    parts: [{ amount: '0.000001', until: null }],
    charges: 2,
    estimated: false,
    unset: undefined,
  })
})
