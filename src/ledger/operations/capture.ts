import { CreditsError } from '../../errors.ts'
import { chargeIdOfHold } from '../../ids.ts'
import type { Category, Charge } from '../../types.ts'
import {
  book,
  type BookedCharge,
  type BookingLine,
  chargeOf,
  checkDebt,
  isSameBooking,
  type StoredReceipt,
} from '../booking.ts'
import { closeHold, type OpenHold } from '../account-state.ts'
import { type AccountView, NeedsLock, type Operation, type Replay, type RowRequest } from '../operation.ts'
import { holdClosed, holdNotFound } from '../refusals.ts'

/** A line as the caller gave it, checked; what it leaves open is the hold's. */
export interface CaptureCommandLine {
  readonly amount: bigint
  readonly category: Category | undefined
  readonly model: string | undefined
  readonly estimated: boolean
  readonly detail: StoredReceipt | null
}

interface Seed {
  readonly charges: readonly BookedCharge[]
}

/** Books what a call cost and frees its hold. A hold is its capture's key. */
export class Capture implements Operation<Seed, Charge[]> {
  readonly name = 'capture'
  readonly account: string
  readonly keyed = null
  readonly rememberable = true
  readonly subject: string
  private readonly lines: readonly CaptureCommandLine[]

  constructor(account: string, holdId: string, lines: readonly CaptureCommandLine[]) {
    this.account = account
    this.subject = holdId
    this.lines = lines
  }

  rows(): RowRequest {
    return { hold: this.subject }
  }

  replay({ rows }: AccountView): Replay<Seed> | undefined {
    const charges = rows?.charges.get(this.subject)
    const first = charges?.[0]
    if (!charges || !first) return undefined
    // What a line leaves open was the hold's, which is gone; its charge has it.
    const lines = this.lines.map((line, index) => {
      const { category, ...charge } = charges[index] ?? first
      return bookingLine(line, { category, attribution: attributionOf(charge) })
    })
    if (!isSameBooking(charges, lines)) {
      throw new CreditsError(
        'key_conflict',
        `The hold ${this.subject} of ${this.account} is already captured with another cost.`,
        { account: this.account, hold: this.subject },
      )
    }
    return { seed: { charges }, at: first.chargedAt }
  }

  apply(view: AccountView): Seed {
    const { state, posting } = view
    const open = state.holds.get(this.subject)
    if (!open && !view.rows) throw new NeedsLock()
    const closing = view.rows?.closings.get(this.subject)
    if (!open && closing?.kind === 'release') throw holdClosed('hold_released', this.account, this.subject)
    const hold = open ?? closing?.hold
    if (!hold) throw holdNotFound(this.account, this.subject)
    const lines = this.lines.map((line) => bookingLine(line, hold))
    checkDebt(state.debt, lines)

    if (open) {
      closeHold(state, open)
      posting.closeHold(state, open.id)
    }
    return { charges: book(view, lines, (n) => chargeIdOfHold(this.subject, n), open) }
  }

  answer(seed: Seed, at: Date): Charge[] {
    return seed.charges.map((charge) => chargeOf(this.account, charge, at))
  }
}

function bookingLine(
  line: CaptureCommandLine,
  hold: Pick<OpenHold, 'category' | 'attribution'>,
): BookingLine {
  const { tags, ...attribution } = hold.attribution ?? {}
  const receipt = tags ? { ...line.detail, tags } : line.detail
  return {
    amount: line.amount,
    category: line.category ?? hold.category,
    attribution: line.model === undefined ? attribution : { ...attribution, model: line.model },
    estimated: line.estimated,
    receipt,
  }
}

function attributionOf(charge: { model: string | null; receipt: Readonly<Record<string, unknown>> | null }) {
  const tags = charge.receipt?.['tags'] as Readonly<Record<string, string>> | undefined
  return { ...(charge.model === null ? {} : { model: charge.model }), ...(tags ? { tags } : {}) }
}
