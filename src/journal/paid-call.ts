import type { AmountInput } from '../amount.ts'
import type { Attribution, BookInput, BookLine, CaptureLine, Charge, Hold } from '../types.ts'

/** What a call costs: an amount, or one or several lines of a receipt. */
export type CallCost = AmountInput | CaptureLine | readonly CaptureLine[]

/** A call that its provider has answered, and how it is booked. It is JSON, and holds no word of what was said. */
export interface PaidCall {
  /** Tells it from all others: its hold's id; where it ran without a hold, its key. */
  readonly id: string
  readonly account: string
  /** Undefined where the call ran while the ledger was down. */
  readonly hold?: string | undefined
  /** What it is booked under instead of its hold, which is only released then. */
  readonly key?: string | undefined
  /** Whether it is dropped where the same was booked otherwise: attributed to another reader of it, say. */
  readonly yields?: boolean | undefined
  readonly lines: readonly BookLine[]
  /** Of what is booked by key; a hold has its own. */
  readonly attribution?: Attribution | undefined
}

/** What booking needs of a ledger. */
export interface BookingLedger {
  capture(account: string, holdId: string, cost: CallCost): Promise<Charge[]>
  book(account: string, input: BookInput): Promise<Charge[]>
  release(account: string, holdId: string): Promise<Hold>
}
