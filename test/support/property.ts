import type fc from 'fast-check'

/** Ends the search for a shorter counterexample before the test's own timeout would hide what was found. */
const TIME_LIMIT_MS = 25_000

/**
 * Settings of a property test. The seed is new each time and printed when the property fails; `FC_SEED` sets it.
 *
 * @example FC_SEED=42 npx vitest run test/ledger
 */
export function propertySettings<T>(settings: fc.Parameters<T>): fc.Parameters<T> {
  const seed = process.env.FC_SEED
  const limited = { interruptAfterTimeLimit: TIME_LIMIT_MS, ...settings }
  return seed === undefined || seed === '' ? limited : { ...limited, seed: Number(seed) }
}
