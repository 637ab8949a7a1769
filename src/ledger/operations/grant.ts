import { formatAmount, MAX_CREDITS } from '../../amount.ts'
import { CreditsError } from '../../errors.ts'
import { newId } from '../../ids.ts'
import type { Batch, BatchSource, BatchType } from '../../types.ts'
import { alertBaseAfterGrant } from '../../alert-line.ts'
import { type AccountState, type LedgerBatch, settleBatches, settledCredit } from '../account-state.ts'
import { batchOf } from '../batch-answer.ts'
import type { AccountView, KeyedInput, Operation } from '../operation.ts'
import { repayFrom } from '../repayment.ts'
import type { OwingCharge, TransactionReader } from '../transaction-reader.ts'

export interface GrantCommand {
  readonly account: string
  readonly type: BatchType
  readonly source: BatchSource
  readonly amount: bigint
  /** How long from now, or until when, in milliseconds. */
  readonly expiry: { readonly inMs: number } | { readonly at: number } | null
  readonly note: string | null
  readonly reference: string | null
  readonly actor: string | undefined
  readonly keyed: KeyedInput
}

/** Adds a batch. Debt is repaid from it first. */
export class Grant implements Operation<GrantSeed, Batch> {
  readonly name = 'grant'
  readonly account: string
  readonly keyed: KeyedInput
  readonly rememberable = false
  readonly subject = 'grant'
  private readonly command: GrantCommand
  private owing: OwingCharge[] = []

  constructor(command: GrantCommand) {
    this.account = command.account
    this.keyed = command.keyed
    this.command = command
  }

  async prepare({ state }: AccountView, reader: TransactionReader): Promise<void> {
    this.owing = state.debt > 0n ? await reader.owingCharges(this.account) : []
  }

  apply(view: AccountView): GrantSeed {
    const { expiry } = this.command
    const expiresAt =
      expiry === null ? Number.POSITIVE_INFINITY : 'at' in expiry ? expiry.at : view.at + expiry.inMs
    if (expiresAt <= view.at) {
      throw new CreditsError('invalid_time', 'A batch must expire in the future; the time given is past.')
    }
    const batch = addBatch(view, { ...this.command, expiresAt })
    repayFrom(view, batch, batch.remaining, this.owing)
    rebaseAlert(view.state)
    return seedOf(batch)
  }

  answer(seed: GrantSeed, at: Date): Batch {
    return batchOf(this.account, batchOfSeed(seed), at.getTime())
  }
}

/** Adds a batch to the account's, with its entry. */
export function addBatch(
  view: AccountView,
  terms: {
    type: BatchType
    source: BatchSource
    amount: bigint
    expiresAt: number
    note: string | null
    reference?: string | null
    actor?: string | undefined
    detail?: unknown
  },
): LedgerBatch {
  const { state, posting, at } = view
  checkSum(state, terms.amount)
  const batch: LedgerBatch = {
    id: newId(),
    type: terms.type,
    source: terms.source,
    note: terms.note,
    reference: terms.reference ?? null,
    allocated: terms.amount,
    drawn: 0n,
    refunded: 0n,
    expired: 0n,
    voided: 0n,
    remaining: terms.amount,
    addedAt: at,
    expiresAt: terms.expiresAt,
    voidedAt: null,
  }
  state.batches.push(batch)
  settleBatches(state, at)
  posting.addBatch(state, batch)
  posting.entry(state, {
    kind: 'grant',
    amount: terms.amount,
    batchId: batch.id,
    actor: terms.actor,
    reason: terms.note ?? undefined,
    detail: terms.detail,
  })
  return batch
}

/** Has the low-balance line follow what there is after a grant. */
export function rebaseAlert(state: AccountState): void {
  const { alert } = state
  const base = alertBaseAfterGrant(settledCredit(state), alert)
  if (base === alert.base) return
  alert.base = base
  alert.isChanged = true
}

/**
 * An account's credit must stay a number that its columns hold.
 *
 * @throws CreditsError `amount_overflow`
 */
export function checkSum(state: AccountState, amount: bigint): void {
  const sum = state.batches.reduce((total, { remaining }) => total + remaining, amount)
  if (sum <= MAX_CREDITS) return
  throw new CreditsError(
    'amount_overflow',
    `With this ${state.account} would have more than ${formatAmount(MAX_CREDITS)} credits. Give less.`,
    { account: state.account },
  )
}

type Stringed<T> = { [K in keyof T]: T[K] extends bigint ? bigint | string : T[K] }

/** A batch as a key keeps it: JSON has no Infinity. */
export type GrantSeed = Omit<Stringed<LedgerBatch>, 'expiresAt' | 'reference'> & {
  readonly expiresAt: number | null
  /** Not in what was stored before there were references. */
  readonly reference?: string | null
}

export const seedOf = (batch: LedgerBatch): GrantSeed => ({
  ...batch,
  expiresAt: batch.expiresAt === Number.POSITIVE_INFINITY ? null : batch.expiresAt,
})

export const batchOfSeed = (seed: GrantSeed): LedgerBatch => ({
  ...seed,
  reference: seed.reference ?? null,
  allocated: BigInt(seed.allocated),
  drawn: BigInt(seed.drawn),
  refunded: BigInt(seed.refunded),
  expired: BigInt(seed.expired),
  voided: BigInt(seed.voided),
  remaining: BigInt(seed.remaining),
  expiresAt: seed.expiresAt ?? Number.POSITIVE_INFINITY,
})
