import { formatAmount, micro } from '../../amount.ts'
import { isUnexpired } from '../../draw-down.ts'
import { CreditsError } from '../../errors.ts'
import { BATCH_TYPES, type BatchType, type Refund } from '../../types.ts'
import { type LedgerBatch, settleBatches } from '../account-state.ts'
import { batchOf } from '../batch-answer.ts'
import type { StoredCharge } from '../locked-rows.ts'
import type { AccountView, KeyedInput, Operation } from '../operation.ts'
import { repayFrom } from '../repayment.ts'
import { refundSources, type RefundSource } from '../refund-sources.ts'
import type { OwingCharge, TransactionReader } from '../transaction-reader.ts'
import { addBatch, batchOfSeed, checkSum, type GrantSeed, seedOf } from './grant.ts'

export interface RefundCommand {
  readonly account: string
  readonly chargeId: string
  /** Null: all that is left. */
  readonly amount: bigint | null
  readonly reason: string
  readonly actor: string | undefined
  /** Whether what would come back expired or voided becomes a new batch, and for how long that is good. */
  readonly newBatch: { readonly expiresInMs: number | null } | null
  readonly keyed: KeyedInput
}

interface Seed {
  readonly id: string
  readonly amount: bigint | string
  readonly returns: readonly (Omit<Refund['returns'][number], 'amount'> & { amount: bigint | string })[]
  readonly newBatches: readonly GrantSeed[]
}

/** What came back expired or voided. */
type Lost = Record<BatchType, bigint>

/** Returns what a charge cost to where it came from, newest first. */
export class RefundCharge implements Operation<Seed, Refund> {
  readonly name = 'refund'
  readonly account: string
  readonly keyed: KeyedInput
  readonly rememberable = false
  readonly subject: string
  private readonly command: RefundCommand
  private charge: StoredCharge | undefined
  private sources: RefundSource[] = []
  private owing: OwingCharge[] = []
  private batches = new Map<string, LedgerBatch>()

  constructor(command: RefundCommand) {
    this.account = command.account
    this.keyed = command.keyed
    this.subject = command.chargeId
    this.command = command
  }

  async prepare({ state }: AccountView, reader: TransactionReader): Promise<void> {
    this.charge = await reader.chargeById(this.account, this.command.chargeId)
    if (!this.charge) return
    this.owing = state.debt > 0n ? await reader.owingCharges(this.account) : []
    this.sources = refundSources(this.charge, await reader.chargeEntries(this.account, this.charge.id))
    const ids = this.sources.flatMap(({ batchId }) => batchId ?? [])
    const stored = await reader.batchesById(this.account, ids)
    // An open batch is the state's own object, so that it is changed in one place.
    const known = [...stored, ...state.batches]
    this.batches = new Map(known.map((batch) => [batch.id, batch]))
  }

  apply(view: AccountView): Seed {
    const { charge, command } = this
    if (!charge) {
      throw new CreditsError('charge_not_found', `${this.account} has no charge ${command.chargeId}.`, {
        charge: command.chargeId,
      })
    }
    const refundable = this.sources.reduce((sum, source) => sum + source.amount, 0n)
    const amount = command.amount ?? refundable
    if (amount === 0n || amount > refundable) throw this.exceeds(refundable)
    checkSum(view.state, amount)

    view.posting.reduceUsage(view.state, charge.chargedAt.getTime(), charge.category, charge, amount)
    const returns: Refund['returns'] = []
    const lost: Lost = { free: 0n, paid: 0n }
    let id = ''
    let left = amount
    for (const source of this.sources) {
      if (left === 0n) break
      const part = source.amount < left ? source.amount : left
      if (part === 0n) continue
      left -= part
      const entryId = this.writeRefund(view, source.batchId, part)
      id ||= entryId
      if (source.batchId === null) {
        this.cancelDebt(view, part)
        returns.push({ batchId: null, amount: micro(part), outcome: 'debt' })
      } else {
        returns.push(...this.returnTo(view, this.batchOf(source.batchId), part, lost))
      }
    }
    settleBatches(view.state, view.at)
    return { id, amount, returns, newBatches: command.newBatch ? this.replace(view, lost) : [] }
  }

  answer(seed: Seed, at: Date): Refund {
    return {
      id: seed.id,
      account: this.account,
      chargeId: this.command.chargeId,
      amount: micro(BigInt(seed.amount)),
      returns: seed.returns.map((part) => ({ ...part, amount: micro(BigInt(part.amount)) })),
      newBatches: seed.newBatches.map((batch) => batchOf(this.account, batchOfSeed(batch), at.getTime())),
      refundedAt: at,
    }
  }

  private batchOf(id: string): LedgerBatch {
    const batch = this.batches.get(id)
    if (!batch)
      throw new Error(`The charge ${this.command.chargeId} was drawn from ${id}, which is no batch.`)
    return batch
  }

  private writeRefund({ state, posting }: AccountView, batchId: string | null, amount: bigint): string {
    const { chargeId, reason, actor } = this.command
    return posting.entry(state, {
      kind: 'refund',
      amount,
      chargeId,
      ...(batchId === null ? {} : { batchId }),
      reason,
      actor,
    })
  }

  /** What the charge itself still owes was never drawn: refunding it takes it off the debt. */
  private cancelDebt({ state }: AccountView, amount: bigint): void {
    state.debt -= amount
    for (const charge of this.owing) if (charge.chargeId === this.command.chargeId) charge.owed -= amount
  }

  /** Credit that comes back repays debt first; the rest is as good as its batch is. */
  private returnTo(view: AccountView, batch: LedgerBatch, amount: bigint, lost: Lost): Refund['returns'] {
    const { state, at, posting } = view
    batch.refunded += amount
    batch.remaining += amount
    if (isUnexpired(batch, at)) state.spendable += amount
    if (!state.batches.includes(batch)) state.batches.push(batch)
    posting.changeBatch(state, batch)
    const repaid = repayFrom(view, batch, amount, this.owing)
    const returns: Refund['returns'] = []
    if (repaid > 0n) returns.push({ batchId: batch.id, amount: micro(repaid), outcome: 'debt' })

    const rest = amount - repaid
    if (rest === 0n) return returns
    const outcome = batch.voidedAt !== null ? 'voided' : isUnexpired(batch, at) ? 'returned' : 'expired'
    returns.push({ batchId: batch.id, amount: micro(rest), outcome })
    if (outcome === 'returned') return returns
    batch.remaining -= rest
    if (outcome === 'voided') batch.voided += rest
    else batch.expired += rest
    if (isUnexpired(batch, at)) state.spendable -= rest
    posting.entry(state, { kind: outcome === 'voided' ? 'void' : 'expiry', amount: rest, batchId: batch.id })
    lost[batch.type] += rest
    return returns
  }

  private replace(view: AccountView, lost: Lost): GrantSeed[] {
    const { newBatch, reason, actor, chargeId } = this.command
    const expiresInMs = newBatch?.expiresInMs ?? null
    const expiresAt = expiresInMs === null ? Number.POSITIVE_INFINITY : view.at + expiresInMs
    return BATCH_TYPES.filter((type) => lost[type] > 0n).map((type) =>
      seedOf(
        addBatch(view, {
          type,
          source: 'adjustment',
          amount: lost[type],
          expiresAt,
          note: reason,
          actor,
          detail: { refundOf: chargeId },
        }),
      ),
    )
  }

  private exceeds(refundable: bigint): CreditsError {
    return new CreditsError(
      'refund_exceeds_charge',
      refundable === 0n
        ? `The charge ${this.command.chargeId} has nothing left to refund.`
        : `At most ${formatAmount(refundable)} credits of the charge ${this.command.chargeId} can be refunded.`,
      { charge: this.command.chargeId, refundable: formatAmount(refundable) },
    )
  }
}
