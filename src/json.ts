import { formatAmount } from './amount.ts'

/** `T` as JSON shows it: amounts as decimal strings of credits, instants as ISO 8601 in UTC. */
export type Json<T> = T extends bigint | Date
  ? string
  : T extends readonly (infer Item)[]
    ? Json<Item>[]
    : T extends object
      ? { [Key in keyof T]: Json<T[Key]> }
      : T

/**
 * Turns what the ledger answers with into plain JSON. Every `bigint` in it is an amount, so one rule serves all
 * shapes, and a field added to one of them in `types.ts` is in its JSON too.
 *
 * @example toJson({ amount: micro(1_500_000n), at: new Date(0) }) // { amount: '1.5', at: '1970-01-01T00:00:00.000Z' }
 */
export function toJson<T>(value: T): Json<T> {
  return convert(value) as Json<T>
}

function convert(value: unknown): unknown {
  if (typeof value === 'bigint') return formatAmount(value)
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return value.map(convert)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, convert(part)]))
}
