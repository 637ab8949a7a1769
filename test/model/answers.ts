/** The reference ledger's state in the words that the ledger answers with. */
import { micro } from '../../src/amount.ts'
import type { Batch, BatchState, Charge, Hold, HoldState } from '../../src/types.ts'
import {
  isLapsed,
  isUnexpired,
  type ModelAccount,
  type ModelBatch,
  type ModelCharge,
  type ModelHold,
} from './state.ts'

export function stateOfBatch(batch: ModelBatch, now: number): BatchState {
  if (batch.isVoided) return 'voided'
  if (batch.remaining === 0n && batch.expired === 0n) return 'depleted'
  return isUnexpired(batch, now) ? 'active' : 'expired'
}

export function stateOfHold(hold: ModelHold, now: number): HoldState {
  if (hold.end !== null) return hold.end
  return isLapsed(hold, now) ? 'lapsed' : 'open'
}

export function batchAnswer(account: ModelAccount, batch: ModelBatch, now: number): Batch {
  return {
    id: batch.id,
    account: account.name,
    type: batch.type,
    source: batch.source,
    allocated: micro(batch.allocated),
    remaining: micro(batch.remaining),
    addedAt: new Date(batch.addedAt),
    expiresAt: batch.expiresAt === Number.POSITIVE_INFINITY ? null : new Date(batch.expiresAt),
    state: stateOfBatch(batch, now),
    note: batch.note,
    reference: null,
  }
}

export function holdAnswer(account: ModelAccount, hold: ModelHold, now: number): Hold {
  return {
    id: hold.id,
    account: account.name,
    amount: micro(hold.amount),
    category: hold.category,
    state: stateOfHold(hold, now),
    authorizedAt: new Date(hold.authorizedAt),
    expiresAt: new Date(hold.expiresAt),
  }
}

export function chargeAnswer(account: ModelAccount, charge: ModelCharge): Charge {
  const { model, agent, user, conversation, tags } = charge.attribution
  return {
    id: charge.id,
    account: account.name,
    category: charge.category,
    amount: micro(charge.amount),
    draws: charge.draws.map(({ batchId, amount }) => ({
      batchId,
      type: batchOf(account, batchId).type,
      amount: micro(amount),
    })),
    debt: micro(charge.debt),
    held: charge.held === null ? null : micro(charge.held),
    model: model ?? null,
    agent: agent ?? null,
    user: user ?? null,
    conversation: conversation ?? null,
    tags: tags ?? null,
    estimated: charge.estimated,
    receipt: null,
    chargedAt: new Date(charge.chargedAt),
  }
}

export function batchOf(account: ModelAccount, id: string): ModelBatch {
  const batch = account.batches.find((candidate) => candidate.id === id)
  if (batch === undefined) throw new Error(`The model knows no batch ${id}`)
  return batch
}
