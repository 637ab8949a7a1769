/** Credit that comes and goes without a call: grant with repayment, void, extension, and what a sweep takes. */
import type { Batch } from '../../src/types.ts'
import { rebase } from './alert-line.ts'
import { batchAnswer } from './answers.ts'
import { wasGood } from './draw-down.ts'
import type { ExtendBatch, Grant, Void } from './operation.ts'
import { Refusal } from './refusal.ts'
import { isUnexpired, type ModelAccount, type ModelBatch, openHolds, smaller, sum } from './state.ts'

export function grant(account: ModelAccount, { input }: Grant, now: number, id: string): Batch {
  const batch = addBatch(account, {
    id,
    type: input.type,
    source: input.source ?? (input.type === 'free' ? 'signup' : 'top_up'),
    allocated: input.amount,
    addedAt: now,
    expiresAt: expiryAfter(now, input.expiresIn),
    note: input.note ?? null,
  })
  batch.remaining = repayOldestDebt(account, batch, input.amount, now)
  rebase(account, now)
  return batchAnswer(account, batch, now)
}

export function addBatch(
  account: ModelAccount,
  parts: Omit<ModelBatch, 'remaining' | 'expired' | 'voided' | 'isVoided'>,
): ModelBatch {
  const batch: ModelBatch = {
    ...parts,
    remaining: parts.allocated,
    expired: 0n,
    voided: 0n,
    isVoided: false,
  }
  account.batches.push(batch)
  return batch
}

export const expiryAfter = (now: number, duration: number | undefined): number =>
  duration === undefined ? Number.POSITIVE_INFINITY : now + duration

/** Rule 6: credit that comes pays what is owed, the oldest charge first. Returns what is left of the amount. */
export function repayOldestDebt(
  account: ModelAccount,
  batch: ModelBatch,
  amount: bigint,
  now: number,
): bigint {
  let left = amount
  for (const charge of account.charges) {
    const part = smaller(left, charge.owed)
    if (part === 0n) continue
    charge.owed -= part
    left -= part
    charge.repayments.push({ batchId: batch.id, amount: part, refunded: 0n, at: now })
  }
  return left
}

export function voidBatch(account: ModelAccount, operation: Void, now: number): Batch {
  const batch = findBatch(account, operation.batchId)
  const { amount, total } = operation.input
  if (batch.isVoided && total === undefined) throw new Refusal('batch_voided')
  if (amount !== undefined && amount > batch.remaining) throw new Refusal('void_exceeds_batch')
  const missing = total === undefined ? (amount ?? batch.remaining) : total - batch.voided
  const part = missing < 0n ? 0n : smaller(missing, batch.remaining)
  if (amount === undefined && total === undefined) batch.isVoided = true
  batch.voided += part
  batch.remaining -= part
  return batchAnswer(account, batch, now)
}

export function extendBatch(account: ModelAccount, { batchId, input }: ExtendBatch, now: number): Batch {
  const batch = findBatch(account, batchId)
  if (batch.isVoided) throw new Refusal('batch_voided')
  if (!isUnexpired(batch, now)) throw new Refusal('batch_expired')
  batch.expiresAt = expiryAfter(now, 'never' in input ? undefined : input.expiresIn)
  return batchAnswer(account, batch, now)
}

function findBatch(account: ModelAccount, id: string): ModelBatch {
  const batch = account.batches.find((candidate) => candidate.id === id)
  if (batch === undefined) throw new Refusal('batch_not_found')
  return batch
}

/** Rule 5: what stays in an expired batch is what open holds that are older than its expiry could still draw. */
export function sweep(account: ModelAccount, now: number): { batches: number; amount: bigint } {
  let batches = 0
  let amount = 0n
  for (const batch of account.batches) {
    if (isUnexpired(batch, now)) continue
    const older = openHolds(account, now).filter((hold) => wasGood(batch, hold.authorizedAt))
    const kept = smaller(batch.remaining, sum(older.map((hold) => hold.amount)))
    const gone = batch.remaining - kept
    if (gone === 0n) continue
    batch.expired += gone
    batch.remaining = kept
    batches += 1
    amount += gone
  }
  return { batches, amount }
}
