import { Bookings } from './bookings.ts'
import { Journal } from './journal.ts'
import type { JournalOptions } from './journal-options.ts'
import { noJournal } from './no-journal.ts'
import type { BookingLedger } from './paid-call.ts'
import { Takeover } from './takeover.ts'
import { flushBeforeTermination } from './termination.ts'

/** A ledger's bookings, with the journal they are kept in and those of others that it takes over. */
export interface BookingOffice {
  readonly bookings: Bookings
  /** When it has looked for what others have left, a first time. Never rejects. */
  readonly ready: Promise<void>
  /** Books what can be booked, and leaves the rest in the journal. */
  close(): Promise<void>
}

export function openBookingOffice(ledger: BookingLedger, options: JournalOptions): BookingOffice {
  const { kept } = options
  const journal = kept ? new Journal({ ...kept, warn }) : undefined
  let forget = () => {}
  const watch = () => {
    if (!options.flushOnSignal) return
    forget = flushBeforeTermination(async () => {
      await journal?.synced()
      await bookings.settled()
      await journal?.synced()
    })
  }
  const bookings = new Bookings(ledger, journal ?? noJournal, watch)
  const takeover = journal && kept ? new Takeover({ ...kept, warn }, journal, bookings) : undefined
  return {
    bookings,
    ready: takeover?.start() ?? Promise.resolve(),
    async close() {
      await takeover?.stop()
      await bookings.close()
      forget()
    },
  }
}

const warn = (message: string): void => process.emitWarning(message, { type: 'CreditsWarning' })
