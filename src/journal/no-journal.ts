import type { BookingJournal } from './bookings.ts'
import { journalUnavailable } from './journal-refusals.ts'

/** For `journal: false`: what cannot be booked is kept in memory, and lost when the process ends. */
export const noJournal: BookingJournal = {
  admit(durable) {
    if (durable) throw journalUnavailable('the ledger was opened with `journal: false`')
  },
  answered() {},
  ended() {},
  done() {},
  refused() {},
  close: async () => {},
}
