import type { AmountInput } from './amount.ts'
import { currentContext } from './context.ts'
import { CreditsError } from './errors.ts'
import type {
  Attribution,
  AuthorizeInput,
  CaptureLine,
  Category,
  Charge,
  DurationInput,
  Hold,
} from './types.ts'

/** What a call costs: an amount, or one or several lines of a receipt. */
export type CallCost = AmountInput | CaptureLine | readonly CaptureLine[]

/** What metering needs of a ledger; `CreditLedger` has it. */
export interface MeterLedger {
  authorize(account: string, input: AuthorizeInput): Promise<Hold>
  capture(account: string, holdId: string, cost: CallCost): Promise<Charge[]>
  release(account: string, holdId: string): Promise<Hold>
  extend(account: string, holdId: string, ttl?: DurationInput): Promise<Hold>
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
   * Told when the books could not be kept although the call ran: a capture that the ledger could not write within
   * its `retryFor`, say. The call's result is not affected. Default: a process warning.
   */
  onError?: ((error: unknown, failure: MeterFailure) => void) | undefined
}

/** What could not be done, with all that is needed to do it later. */
export interface MeterFailure {
  operation: 'capture' | 'release' | 'extend' | 'cost'
  account: string
  holdId: string
  /** What was to be captured. */
  cost?: CallCost | undefined
}

/** Credit reserved for a call that is running. It extends itself until it is captured or released, once. */
export interface MeteredHold {
  readonly account: string
  readonly hold: Hold
  /** Books what the call cost. Returns at once; `credits.settled()` waits for it. */
  capture(cost: CallCost): void
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
    metered.capture(estimateOf(metered.hold, 'the cost could not be worked out; the estimate was charged'))
  }
  return result
}

/**
 * Reserves credit for a call and keeps it reserved while the call runs. Whom the call is for is read here, from
 * the options and the `credits.run` around: whoever settles later may be in another context.
 *
 * @throws CreditsError `insufficient_credits`, `credits_held`, `account_required`, or what `authorize` refuses
 */
export async function openMeteredHold(ledger: MeterLedger, options: MeterOptions): Promise<MeteredHold> {
  const context = currentContext()
  const account = options.account ?? context?.account
  if (account === undefined) throw accountRequired()
  const hold = await ledger.authorize(account, {
    amount: options.estimate,
    category: options.category,
    model: options.model ?? context?.model,
    agent: options.agent ?? context?.agent,
    user: options.user ?? context?.user,
    conversation: options.conversation ?? context?.conversation,
    tags: options.tags ?? context?.tags,
    ttl: options.ttl,
  })
  const report: MeteredHold['report'] = (error, operation, cost) => {
    const failure: MeterFailure = { operation, account, holdId: hold.id, cost }
    if (options.onError) options.onError(error, failure)
    else warn(error, failure)
  }
  const stopExtending = keepExtending(ledger, hold, (error) => report(error, 'extend'))
  let settled = false
  const settle = (work: () => Promise<unknown>) => {
    if (settled) return
    settled = true
    stopExtending()
    void ledger.track(work())
  }
  return {
    account,
    hold,
    report,
    capture: (cost) =>
      settle(() =>
        captureOrEstimate(ledger, hold, cost).catch((error: unknown) => report(error, 'capture', cost)),
      ),
    release: () =>
      settle(() =>
        ledger.release(account, hold.id).catch((error: unknown) => {
          // A hold that lapsed in the meantime has given its credit back already.
          if (!CreditsError.isInstance(error) || error.code !== 'hold_lapsed') report(error, 'release')
        }),
      ),
  }
}

/**
 * A cost that the ledger cannot book as it stands (a malformed amount, say) is booked as the estimate: the
 * provider was paid. The error is passed on all the same, because the charge is not what was meant.
 */
async function captureOrEstimate(ledger: MeterLedger, hold: Hold, cost: CallCost): Promise<Charge[]> {
  try {
    return await ledger.capture(hold.account, hold.id, cost)
  } catch (error) {
    if (!isMalformed(error)) throw error
    await ledger.capture(
      hold.account,
      hold.id,
      estimateOf(hold, 'the cost was malformed; the estimate was charged'),
    )
    throw error
  }
}

const isMalformed = (error: unknown): boolean =>
  CreditsError.isInstance(error) && (error.code.startsWith('invalid_') || error.code === 'amount_overflow')

/** Charges what was reserved, marked as an estimate. */
const estimateOf = (hold: Hold, note: string): CaptureLine => ({ amount: hold.amount, estimated: true, note })

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

function warn(error: unknown, failure: MeterFailure): void {
  const reason = error instanceof Error ? error.message : String(error)
  process.emitWarning(
    `${failure.operation} of hold ${failure.holdId} (${failure.account}) failed: ${reason}`,
    {
      type: 'CreditsWarning',
      detail: error instanceof Error ? (error.stack ?? reason) : reason,
    },
  )
}

const accountRequired = () =>
  new CreditsError(
    'account_required',
    'No account to charge: run the call inside credits.run({ account }, …), or name an account in the options.',
  )
