/**
 * Whether answers that came from operations under way at the same time can be had one after the other: whoever
 * waits for an operation alone gets one order to compare with, whoever sends several at once gets any of them.
 */
import { isDeepStrictEqual } from 'node:util'
import { expect } from 'vitest'
import type { AlertLine } from '../../../src/types.ts'
import type { Outcome, ReferenceLedger } from '../../model/reference-ledger.ts'
import type { Performed } from './perform.ts'

/**
 * Looks for an order in which the reference ledger gives the answers that the ledger gave.
 *
 * @param written the ids of grants, refunds, voids, extensions and charges that ran into debt, in the order in which
 *   the ledger wrote them: their own answers may be the same in another order, but not what comes of them
 * @param line where the account's low-balance alert begins after them, and how low it is
 * @returns the reference ledger after it, and the operations in that order
 * @throws AssertionError with the difference, if there is none
 */
export function agree(
  model: ReferenceLedger,
  performed: readonly Performed[],
  now: number,
  written: readonly string[],
  line: AlertLine,
): { model: ReferenceLedger; order: Performed[] } {
  const found = search(model, performed, now, written, line)
  if (found !== undefined) return found

  const explained = performed.map(({ operation, outcome, ids }) => ({
    operation,
    real: outcome,
    alone: comparable(model.clone().apply(operation, now, ids), outcome),
  }))
  // With one operation, this shows the difference; with more, what each would have got as the first.
  expect(explained.map(({ operation, real }) => ({ operation, outcome: real }))).toEqual(
    explained.map(({ operation, alone }) => ({ operation, outcome: alone })),
  )
  throw new Error(
    `No order of these gives these answers and the line ${describe(line)}: ${describe(performed)}`,
  )
}

function search(
  model: ReferenceLedger,
  performed: readonly Performed[],
  now: number,
  written: readonly string[],
  line: AlertLine,
): { model: ReferenceLedger; order: Performed[] } | undefined {
  if (performed.length === 0) return model.acceptAlertLine(line, now) ? { model, order: [] } : undefined
  const first = written.find((id) => performed.some(({ ids }) => ids.includes(id)))
  for (const next of performed) {
    const isWritten = next.ids.some((id) => written.includes(id))
    if (isWritten && first !== undefined && !next.ids.includes(first)) continue
    const after = model.clone()
    const expected = after.apply(next.operation, now, next.ids)
    if (!isDeepStrictEqual(next.outcome, comparable(expected, next.outcome))) continue
    const rest = search(
      after,
      performed.filter((other) => other !== next),
      now,
      written,
      line,
    )
    if (rest !== undefined) return { model: rest.model, order: [next, ...rest.order] }
  }
  return undefined
}

/** A refusal may carry more figures than the rules ask for. */
function comparable(expected: Outcome, real: Outcome): Outcome {
  if (expected.refusal === undefined || real.refusal === undefined) return expected
  return {
    refusal: { code: expected.refusal.code, data: { ...real.refusal.data, ...expected.refusal.data } },
  }
}

const describe = (value: unknown): string =>
  JSON.stringify(value, (_name, part: unknown) => (typeof part === 'bigint' ? `${part}µ` : part), 2)
