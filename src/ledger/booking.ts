import { stringify } from 'safe-stable-stringify'
import { MAX_CREDITS, micro } from '../amount.ts'
import { drawDown, isUnexpired } from '../draw-down.ts'
import { CreditsError } from '../errors.ts'
import type { Attribution, Category, Charge, Draw, ReceiptDetail } from '../types.ts'
import type { LedgerBatch, OpenHold } from './account-state.ts'
import type { StoredCharge } from './locked-rows.ts'
import type { AccountView } from './operation.ts'

/** What is to be charged in one category, checked. */
export interface BookingLine {
  readonly amount: bigint
  readonly category: Category
  readonly attribution: Attribution
  readonly estimated: boolean
  /** Stored as it is shown: the receipt's details and the tags. */
  readonly receipt: StoredReceipt | null
}

export type StoredReceipt = ReceiptDetail & { tags?: Readonly<Record<string, string>> }

/** A charge but for its account and time. */
export interface BookedCharge {
  readonly id: string
  readonly category: Category
  readonly amount: bigint | string
  readonly debt: bigint | string
  readonly held: bigint | string | null
  readonly draws: readonly { batchId: string; type: Draw['type']; amount: bigint | string }[]
  readonly model: string | null
  readonly agent: string | null
  readonly user: string | null
  readonly conversation: string | null
  readonly estimated: boolean
  readonly receipt: StoredReceipt | null
}

/** Takes an amount out of a batch; `spendable` follows. */
export function drawFrom({ state, at, posting }: AccountView, batch: LedgerBatch, amount: bigint): void {
  if (amount > batch.remaining)
    throw new Error(`A draw of ${amount} on ${batch.id}, which has ${batch.remaining}.`)
  batch.drawn += amount
  batch.remaining -= amount
  if (isUnexpired(batch, at)) state.spendable -= amount
  posting.changeBatch(state, batch)
}

/**
 * All of what is booked might become debt, and a debt must fit its column.
 *
 * @throws CreditsError `amount_overflow`
 */
export function checkDebt(debt: bigint, lines: readonly BookingLine[]): void {
  if (lines.reduce((sum, line) => sum + line.amount, debt) <= MAX_CREDITS) return
  throw new CreditsError(
    'amount_overflow',
    'What is to be booked and the debt there is exceed what an amount can hold.',
  )
}

/**
 * Books what was used, whether or not there is credit for it: it draws in draw-down order over all that remains,
 * and the rest becomes debt. Up to its amount, the hold's right reaches batches that expired since it was
 * authorised.
 */
export function book(
  view: AccountView,
  lines: readonly BookingLine[],
  idOf: (n: number) => string,
  hold?: OpenHold,
): BookedCharge[] {
  let heldLeft = hold?.amount ?? 0n
  return lines.map((line, index) => {
    const underHold = line.amount < heldLeft ? line.amount : heldLeft
    heldLeft -= underHold
    const first = draw(view, underHold, hold?.authorizedAt)
    const second = draw(view, line.amount - underHold)
    const debt = first.shortfall + second.shortfall
    const charge = {
      id: idOf(index),
      category: line.category,
      amount: line.amount,
      debt,
      held: index === 0 && hold ? hold.amount : null,
      draws: merge(first.draws, second.draws),
      estimated: line.estimated,
    }
    if (debt > 0n) {
      view.state.debt += debt
      view.posting.entry(view.state, { kind: 'debt', amount: debt, chargeId: charge.id })
    }
    view.posting.charge(view.state, {
      ...charge,
      attribution: line.attribution,
      receipt: line.receipt && (stringify(line.receipt) ?? null),
    })
    return {
      ...charge,
      draws: charge.draws.map(({ batch, amount }) => ({ batchId: batch.id, type: batch.type, amount })),
      model: line.attribution.model ?? null,
      agent: line.attribution.agent ?? null,
      user: line.attribution.user ?? null,
      conversation: line.attribution.conversation ?? null,
      receipt: line.receipt,
    }
  })
}

function draw(view: AccountView, amount: bigint, heldSince?: number) {
  const result = drawDown(view.state.batches, amount, view.at, heldSince)
  for (const { batch, amount: drawn } of result.draws) drawFrom(view, batch, drawn)
  return result
}

type BatchDraw = { batch: LedgerBatch; amount: bigint }

/** A hold that reaches an expired batch, and then beyond itself, may draw twice on one batch. */
function merge(first: BatchDraw[], second: BatchDraw[]): BatchDraw[] {
  if (second.length === 0) return first
  const amounts = new Map(first.map(({ batch, amount }) => [batch, amount]))
  for (const { batch, amount } of second) amounts.set(batch, (amounts.get(batch) ?? 0n) + amount)
  return Array.from(amounts, ([batch, amount]) => ({ batch, amount }))
}

export function chargeOf(account: string, booked: BookedCharge, chargedAt: Date): Charge {
  const { tags = null, ...detail } = booked.receipt ?? {}
  return {
    id: booked.id,
    account,
    category: booked.category,
    amount: micro(BigInt(booked.amount)),
    draws: booked.draws.map((drawn) => ({ ...drawn, amount: micro(BigInt(drawn.amount)) })),
    debt: micro(BigInt(booked.debt)),
    held: booked.held === null ? null : micro(BigInt(booked.held)),
    model: booked.model,
    agent: booked.agent,
    user: booked.user,
    conversation: booked.conversation,
    tags,
    estimated: booked.estimated,
    receipt: Object.keys(detail).length > 0 ? detail : null,
    chargedAt,
  }
}

/** Whether stored charges are what these lines would have booked. */
export function isSameBooking(stored: readonly StoredCharge[], lines: readonly BookingLine[]): boolean {
  return (
    stored.length === lines.length &&
    lines.every((line, index) => {
      const charge = stored[index]
      return (
        charge !== undefined &&
        charge.amount === line.amount &&
        charge.category === line.category &&
        charge.model === (line.attribution.model ?? null) &&
        charge.estimated === line.estimated &&
        stringify(charge.receipt) === stringify(line.receipt)
      )
    })
  )
}
