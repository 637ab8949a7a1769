import type { AlertInput } from './alerts/raising.ts'
import { type AmountInput, type Credits, parseAmount, parsePositiveAmount } from './amount.ts'
import { authorizeInTime } from './authorize-in-time.ts'
import { bookLines } from './commands.ts'
import { currentContext } from './context.ts'
import type { PastCost } from './cost-history.ts'
import { CreditsError } from './errors.ts'
import { newId } from './ids.ts'
import type { Bookings } from './journal/bookings.ts'
import type { CallCost, PaidCall } from './journal/paid-call.ts'
import type { Attribution, AuthorizeInput, CaptureLine, Category, DurationInput, Hold } from './types.ts'
import { checkAccount, checkAttribution } from './validate.ts'

export type { CallCost } from './journal/paid-call.ts'

/** What metering needs of a ledger; `CreditLedger` has it. */
export interface MeterLedger {
  authorize(account: string, input: AuthorizeInput): Promise<Hold>
  release(account: string, holdId: string): Promise<Hold>
  extend(account: string, holdId: string, ttl?: DurationInput): Promise<Hold>
  /** What calls have cost, on its way into the ledger. */
  readonly bookings: Pick<Bookings, 'admit' | 'answered' | 'costsNothing' | 'settle'>
  /** What the account's last calls have cost. Without it, a new process reserves worst cases at first. */
  costHistory?(account: string): Promise<PastCost[]>
  /** Opens an alert about the account. Without it, alerts are told by `onUnpriced` only. */
  raiseAlert?(account: string, alert: AlertInput): Promise<void>
  /** Has `close` do something first, while calls can still be booked. */
  beforeClose?(work: () => Promise<void>): void
  /** Has `settled` and `close` wait for work that goes on after its caller has been answered. */
  track<T>(work: Promise<T>): Promise<T>
}

export interface MeterOptions extends Attribution {
  /** Default: the account of the `credits.run` around the call. */
  account?: string | undefined
  category: Category
  /** What to reserve while the call runs: about what it will cost at most. */
  estimate: AmountInput
  /** How long the hold lasts between two extensions. Default: the ledger's `holdTtl`. */
  ttl?: DurationInput | undefined
  /**
   * While the ledger cannot be reached: refuse the call, or let it run without a hold and book what it cost, from
   * the journal, when the ledger is back. Default: deny.
   */
  onLedgerDown?: 'deny' | 'allow' | undefined
  /**
   * Told when the books could not be kept although the call ran: a capture that the ledger could not write within
   * its `retryFor`, say, and which is tried again. The call's result is not affected. Default: a process warning.
   */
  onError?: ((error: unknown, failure: MeterFailure) => void) | undefined
}

/** What could not be done, with all that is needed to do it later. */
export interface MeterFailure {
  operation: 'capture' | 'release' | 'extend' | 'cost'
  account: string
  /** Undefined for a call that ran without one, because the ledger was down. */
  holdId: string | undefined
  /** What was to be captured. */
  cost?: CallCost | undefined
  /** Whether it is tried again, by this process or the next one. Do not do it yourself then. */
  willRetry?: boolean | undefined
}

/** Credit reserved for a call that is running. It extends itself until it is captured or released, once. */
export interface MeteredHold {
  readonly account: string
  /** How much is held; of a call that runs without a hold, its estimate. */
  readonly reserved: Credits
  /**
   * Says that the provider has answered, so that something will be booked. Should this process end before it says
   * what, the fallback is booked. Call it before the answer is passed on; it is in the journal when this returns.
   *
   * @param options.key as for `capture`
   */
  answered(fallback: CallCost, options?: { key?: string | undefined }): void
  /**
   * Books what the call cost. Returns at once, when the journal has it; `credits.settled()` waits for it.
   *
   * @param options.key where the same answer may be read again, by anybody: it is booked once under this key
   */
  capture(cost: CallCost, options?: { key?: string | undefined }): void
  /** Gives the credit back. Returns at once; `credits.settled()` waits for it. */
  release(): void
  /** Reports a failure the way that the hold's own are reported. */
  report(error: unknown, operation: MeterFailure['operation'], cost?: CallCost): void
}

/** A hold is extended this many times within its time to live, so that a missed one does not end it. */
const EXTENSIONS_PER_TTL = 3
const SHORTEST_BEAT_MS = 20
const LONGEST_BEAT_MS = 60 * 60 * 1000
/** A call that has run for a day is taken for lost: its hold may lapse. A late capture books all the same. */
const LONGEST_CALL_MS = 24 * 60 * 60 * 1000

/**
 * Runs an async function as a metered call: reserves the estimate, runs it, captures what `cost` says about its
 * result, or releases when it throws. The result does not wait for its capture.
 *
 * @throws CreditsError `insufficient_credits`, `credits_held`, `account_required` before the call; and whatever
 * `call` throws
 * @example
 * const found = await meterCall(credits, { category: 'WebSearch', estimate: '1' }, () => search(query),
 *   (result) => ({ amount: '0.8', provider: 'tavily', units: { credits: String(result.usage.credits) } }))
 */
export async function meterCall<T>(
  ledger: MeterLedger,
  options: MeterOptions,
  call: () => Promise<T>,
  cost: (result: T) => CallCost,
): Promise<T> {
  const metered = await openMeteredHold(ledger, options)
  let result: T
  try {
    result = await call()
  } catch (error) {
    metered.release()
    throw error
  }
  try {
    metered.capture(cost(result))
  } catch (error) {
    metered.report(error, 'cost')
    metered.capture(
      estimateOf(metered.reserved, 'the cost could not be worked out; the estimate was charged'),
    )
  }
  return result
}

/**
 * Reserves credit for a call and keeps it reserved while the call runs. Whom the call is for is read here, from
 * the options and the `credits.run` around: whoever settles later may be in another context.
 *
 * @throws CreditsError `insufficient_credits`, `credits_held`, `account_required`, `journal_full`,
 * `journal_unavailable` where the call may run while the ledger is down, or what `authorize` refuses
 */
export async function openMeteredHold(ledger: MeterLedger, options: MeterOptions): Promise<MeteredHold> {
  const context = currentContext()
  const account = options.account ?? context?.account
  if (account === undefined) throw accountRequired()
  const attribution: Attribution = {
    model: options.model ?? context?.model,
    agent: options.agent ?? context?.agent,
    user: options.user ?? context?.user,
    conversation: options.conversation ?? context?.conversation,
    tags: options.tags ?? context?.tags,
  }
  const mayRunWithout = options.onLedgerDown === 'allow'
  ledger.bookings.admit(mayRunWithout)
  const { category } = options
  const input = { ...attribution, amount: options.estimate, category, ttl: options.ttl }
  if (!mayRunWithout) {
    const hold = await ledger.authorize(account, input)
    return new RunningCall(ledger, options, { account, attribution, hold })
  }
  // What it is booked with later must be good now: nobody could mend it then.
  checkAccount(account)
  checkAttribution(attribution)
  parsePositiveAmount(options.estimate)
  const hold = await authorizeInTime(ledger, account, input)
  return new RunningCall(ledger, options, { account, attribution, hold })
}

/** A call from its authorize to its capture or release. */
class RunningCall implements MeteredHold {
  readonly account: string
  readonly reserved: Credits
  private readonly ledger: MeterLedger
  private readonly options: MeterOptions
  private readonly attribution: Attribution
  private readonly hold: Hold | undefined
  /** What a call without a hold is booked under, made when it was let through. */
  private readonly key: string | undefined
  private readonly stopExtending: () => void
  private isAnswered = false
  private isSettled = false

  constructor(
    ledger: MeterLedger,
    options: MeterOptions,
    opened: { account: string; attribution: Attribution; hold: Hold | undefined },
  ) {
    this.ledger = ledger
    this.options = options
    this.account = opened.account
    this.attribution = opened.attribution
    this.hold = opened.hold
    this.key = opened.hold ? undefined : `call-${newId()}`
    this.reserved = opened.hold?.amount ?? parseAmount(options.estimate)
    this.stopExtending = opened.hold
      ? keepExtending(ledger, opened.hold, (error) => this.report(error, 'extend'))
      : () => {}
  }

  answered(fallback: CallCost, options: { key?: string | undefined } = {}): void {
    if (this.isSettled) return
    this.isAnswered = true
    let call: PaidCall
    try {
      call = this.paid(fallback, options.key)
    } catch (error) {
      // The answer is not kept from the caller for it.
      this.report(error, 'cost', fallback)
      call = this.paid(estimateOf(this.reserved, 'the process ended before the usage was known'), options.key)
    }
    this.ledger.bookings.answered(call)
  }

  capture(cost: CallCost, options: { key?: string | undefined } = {}): void {
    if (!this.settle()) return
    const { bookings } = this.ledger
    const failed = (error: unknown, willRetry: boolean) =>
      this.tell(error, { operation: 'capture', cost, willRetry })
    // Of what the ledger cannot book as it stands (a malformed amount, say), the estimate is booked: the provider
    // was paid. The error is passed on all the same, because the charge is not what was meant.
    const otherwise = () =>
      this.paid(estimateOf(this.reserved, 'the cost was malformed; the estimate was charged'), options.key)
    let call: PaidCall
    try {
      call = this.paid(cost, options.key)
    } catch (error) {
      failed(error, false)
      return bookings.settle(otherwise(), { failed })
    }
    bookings.settle(call, { failed, otherwise })
  }

  release(): void {
    if (!this.settle()) return
    if (this.isAnswered) this.ledger.bookings.costsNothing(this.id)
    const { hold, ledger } = this
    if (!hold) return
    const released = ledger.release(this.account, hold.id).catch((error: unknown) => {
      // A hold that lapsed in the meantime has given its credit back already.
      if (!CreditsError.isInstance(error) || error.code !== 'hold_lapsed') this.report(error, 'release')
    })
    void ledger.track(released)
  }

  report(error: unknown, operation: MeterFailure['operation'], cost?: CallCost): void {
    this.tell(error, { operation, cost })
  }

  private tell(error: unknown, what: Omit<MeterFailure, 'account' | 'holdId'>): void {
    tellFailure(this.options.onError, error, { ...what, account: this.account, holdId: this.hold?.id })
  }

  private get id(): string {
    return this.hold?.id ?? this.key ?? ''
  }

  /** Whether it is to be settled now; a second time it is not. */
  private settle(): boolean {
    if (this.isSettled) return false
    this.isSettled = true
    this.stopExtending()
    return true
  }

  private paid(cost: CallCost, key?: string): PaidCall {
    const bookedUnder = key ?? this.key
    return {
      id: this.id,
      account: this.account,
      hold: this.hold?.id,
      key: bookedUnder,
      yields: key === undefined ? undefined : true,
      lines: bookLines(cost, this.options.category),
      attribution: bookedUnder === undefined ? undefined : this.attribution,
    }
  }
}

/** Charges what was reserved, marked as an estimate. */
const estimateOf = (amount: Credits, note: string): CaptureLine => ({ amount, estimated: true, note })

/** Extends a hold until the returned function is called, the hold is gone, or the call has run too long. */
function keepExtending(ledger: MeterLedger, hold: Hold, failed: (error: unknown) => void): () => void {
  const ttlMs = hold.expiresAt.getTime() - hold.authorizedAt.getTime()
  const beatMs = Math.min(Math.max(ttlMs / EXTENSIONS_PER_TTL, SHORTEST_BEAT_MS), LONGEST_BEAT_MS)
  const giveUpAt = performance.now() + LONGEST_CALL_MS
  let stopped = false
  let extending = false
  const stop = () => {
    stopped = true
    clearInterval(timer)
  }
  const extend = async () => {
    if (extending) return
    if (performance.now() > giveUpAt) return stop()
    extending = true
    try {
      await ledger.extend(hold.account, hold.id, ttlMs)
    } catch (error) {
      // The call ended while this was under way: an extension too many is no failure.
      if (stopped) return
      if (CreditsError.isInstance(error) && error.code.startsWith('hold_')) stop()
      failed(error)
    } finally {
      extending = false
    }
  }
  const timer = setInterval(() => void extend(), beatMs)
  // The call keeps the process alive, its hold does not.
  timer.unref()
  return stop
}

/** Tells whoever asked to be told, else everybody. */
export function tellFailure(onError: MeterOptions['onError'], error: unknown, failure: MeterFailure): void {
  try {
    if (onError) onError(error, failure)
    else warnOfFailure(error, failure)
  } catch (error_) {
    // A listener's own fault must not keep the books from being kept.
    warnOfFailure(error_, failure)
  }
}

function warnOfFailure(error: unknown, failure: MeterFailure): void {
  const reason = error instanceof Error ? error.message : String(error)
  const call = failure.holdId === undefined ? 'a call' : `hold ${failure.holdId}`
  const next = failure.willRetry ? ' It is tried again.' : ''
  process.emitWarning(`${failure.operation} of ${call} (${failure.account}) failed: ${reason}${next}`, {
    type: 'CreditsWarning',
    detail: error instanceof Error ? (error.stack ?? reason) : reason,
  })
}

export const accountRequired = () =>
  new CreditsError(
    'account_required',
    'No account to charge: run the call inside credits.run({ account }, …), or name an account in the options.',
  )
