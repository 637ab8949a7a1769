import { bookLines } from './commands.ts'
import { newId } from './ids.ts'
import type { CallCost } from './journal/paid-call.ts'
import { type MeterLedger, type MeterOptions, tellFailure } from './meter.ts'
import type { Attribution, Category } from './types.ts'

/** What a provider has been paid for without a hold. */
export interface PaidAnswer {
  readonly account: string
  readonly attribution: Attribution
  readonly category: Category
  readonly cost: CallCost
  /** Of an answer that others may book as well: it is booked once under this key. Default: it is booked here only. */
  readonly key?: string | undefined
  readonly onError?: MeterOptions['onError']
}

/** Books it, through the journal and for as long as it takes. Returns at once; `credits.settled()` waits for it. */
export function bookPaid(ledger: Pick<MeterLedger, 'bookings'>, paid: PaidAnswer): void {
  const { account, attribution, category, cost, key } = paid
  const id = `paid-${newId()}`
  const failed = (error: unknown, willRetry = false) =>
    tellFailure(paid.onError, error, { operation: 'capture', account, holdId: undefined, cost, willRetry })
  try {
    const lines = bookLines(cost, category)
    ledger.bookings.settle(
      { id, account, key: key ?? id, yields: key !== undefined, lines, attribution },
      { failed },
    )
  } catch (error) {
    // A cost that is malformed: there is nothing else to book.
    failed(error)
  }
}
