import { CreditsError, type CreditsErrorCode } from '../errors.ts'
import { type Era, Underway } from '../underway.ts'
import type { BookingLedger, PaidCall } from './paid-call.ts'

/** Bookings under way at once. Beyond, they wait in the order in which they came; all are in the journal. */
const RUNNING_MAX = 1024
const BACKOFF_MS = 500
const BACKOFF_MAX_MS = 30_000

/** Failures that say nothing about the booking itself: it is tried again. */
const PASSING: readonly CreditsErrorCode[] = [
  'database_unavailable',
  'outcome_unknown',
  'embedded_failed',
  'ledger_closed',
]

/** Where what is to be booked survives this process. */
export interface BookingJournal {
  /**
   * @param durable whether the call must not run unless what it costs survives this process
   * @throws CreditsError `journal_full`, `journal_unavailable`
   */
  admit(durable: boolean): void
  /** Writes before it returns. */
  answered(call: PaidCall): void
  /** Writes before it returns. */
  ended(call: PaidCall): void
  /** The call is booked, or there is nothing to book. */
  done(id: string): void
  /** Keeps for the operator what the ledger refuses to book. */
  refused(call: PaidCall, error: CreditsError): void
  close(): Promise<void>
}

export interface BookingTerms {
  /** Told of the first failure of each call, after which it is tried again, and of a refusal. Must not throw. */
  readonly failed: (error: unknown, willRetry: boolean) => void
  /** What is booked where the call's own cost is none that a ledger can book. */
  readonly otherwise?: (() => PaidCall) | undefined
}

interface Booking {
  readonly call: PaidCall
  readonly terms: BookingTerms
  failures: number
  /** Of its attempt. */
  era: Era
}

/**
 * What providers have been paid for, on its way into the ledger. Each call is written to the journal before it is
 * booked, and tried again, less and less often, for as long as the process lives.
 */
export class Bookings {
  private readonly ledger: BookingLedger
  private readonly journal: BookingJournal
  private readonly due = new Set<Booking>()
  private readonly resting = new Map<Booking, NodeJS.Timeout>()
  /** Attempts, from when they are due. */
  private readonly underway = new Underway()
  private running = 0
  private closed = false
  private begin: (() => void) | undefined

  /** @param begin is called before the first call */
  constructor(ledger: BookingLedger, journal: BookingJournal, begin: () => void) {
    this.ledger = ledger
    this.journal = journal
    this.begin = begin
  }

  /**
   * Asks whether one more call may run.
   *
   * @param durable whether it must not run unless what it costs survives this process
   * @throws CreditsError `journal_full`, `journal_unavailable`
   */
  admit(durable: boolean): void {
    this.journal.admit(durable)
    this.begin?.()
    this.begin = undefined
  }

  /** Says that a call will be booked, at this cost should its own never become known. */
  answered(call: PaidCall): void {
    this.journal.answered(call)
  }

  /** Says that a call that was answered costs nothing. */
  costsNothing(id: string): void {
    this.journal.done(id)
  }

  /** Books a call. Returns when the journal has it. */
  settle(call: PaidCall, terms: BookingTerms): void {
    this.add(call, terms, this.underway.begin())
  }

  /** How many calls are not booked yet. */
  get outstanding(): number {
    return this.due.size + this.resting.size + this.running
  }

  /** Tries what rests at once, and waits until each call that was settled before is booked or has failed again. */
  async settled(): Promise<void> {
    for (const [booking, timer] of this.resting) {
      clearTimeout(timer)
      this.makeDue(booking)
    }
    this.startDue()
    await this.underway.ended()
  }

  /** Waits for what runs; what is not booked then stays in the journal, for the next process. */
  async close(): Promise<void> {
    await this.underway.ended()
    this.closed = true
    for (const timer of this.resting.values()) clearTimeout(timer)
    await this.journal.close()
  }

  private add(call: PaidCall, terms: BookingTerms, era: Era): void {
    this.journal.ended(call)
    this.due.add({ call, terms, failures: 0, era })
    this.startDue()
  }

  private makeDue(booking: Booking): void {
    this.resting.delete(booking)
    booking.era = this.underway.begin()
    this.due.add(booking)
  }

  private startDue(): void {
    for (const booking of this.due) {
      if (this.running >= RUNNING_MAX) return
      this.due.delete(booking)
      this.running += 1
      void this.run(booking)
    }
  }

  private async run(booking: Booking): Promise<void> {
    const { call, era } = booking
    try {
      await book(this.ledger, call)
      this.journal.done(call.id)
    } catch (error) {
      if (isRefusal(error)) this.refuse(booking, error)
      else this.postpone(booking, error)
    }
    this.running -= 1
    this.underway.end(era)
    this.startDue()
  }

  private postpone(booking: Booking, error: unknown): void {
    if (booking.failures === 0) booking.terms.failed(error, true)
    this.rest(booking)
    // The ledger is away: what has not begun need not find out one by one. That could take very long.
    for (const waiting of this.due) {
      this.rest(waiting)
      this.underway.end(waiting.era)
    }
    this.due.clear()
  }

  private refuse({ call, terms, era }: Booking, error: CreditsError): void {
    terms.failed(error, false)
    if (terms.otherwise && isMalformed(error)) {
      return this.add(terms.otherwise(), { failed: terms.failed }, this.underway.begin(era))
    }
    this.journal.refused(call, error)
    this.journal.done(call.id)
  }

  private rest(booking: Booking): void {
    const backoffMs = Math.min(BACKOFF_MS * 2 ** booking.failures, BACKOFF_MAX_MS)
    booking.failures += 1
    const retry = () => {
      this.makeDue(booking)
      this.startDue()
    }
    // Jittered, so that what failed together does not come back together.
    const timer = setTimeout(retry, backoffMs * (0.5 + Math.random() / 2))
    // The journal has it: the process may end.
    timer.unref()
    if (this.closed) clearTimeout(timer)
    this.resting.set(booking, timer)
  }
}

/** Twice is once: a hold is its capture's key. */
async function book(ledger: BookingLedger, call: PaidCall): Promise<void> {
  const { account, hold, key, lines } = call
  try {
    if (key !== undefined) await ledger.book(account, { ...call.attribution, key, lines })
    else if (hold !== undefined) await ledger.capture(account, hold, lines)
    else throw new Error(`The call ${call.id} has neither a hold nor a key.`)
  } catch (error) {
    if (!call.yields || !isCoded(error, ['key_conflict', 'hold_released'])) throw error
  }
  if (key === undefined || hold === undefined) return
  try {
    await ledger.release(account, hold)
  } catch (error) {
    // It is closed already; the call is booked all the same.
    if (!isCoded(error, ['hold_captured', 'hold_lapsed', 'hold_not_found'])) throw error
  }
}

const isCoded = (error: unknown, codes: readonly CreditsErrorCode[]): boolean =>
  CreditsError.isInstance(error) && codes.includes(error.code)

const isMalformed = ({ code }: CreditsError): boolean =>
  code.startsWith('invalid_') || code === 'amount_overflow'

const isRefusal = (error: unknown): error is CreditsError =>
  CreditsError.isInstance(error) && !PASSING.includes(error.code)
