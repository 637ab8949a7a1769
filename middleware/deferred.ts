import type { MeterLedger } from '../src/meter.ts'
import { captureLines } from './charge.ts'
import type { UsageReport } from './provider.ts'
import { settleCall, type SettledCall } from './settle.ts'

/** Calls that wait for their answers at once; beyond, the oldest is charged by its estimate. */
const DEFERRED_MAX = 10_000
/** Answers that are known to be booked, so that reading one again asks nothing of the ledger. */
const BOOKED_MAX = 10_000
/** No process takes longer to end because of them. */
const ASK_FOR_MS = 10_000
/** Questions at once, when all are asked. */
const ASKED_AT_ONCE = 16

/** Fetches an answer again, as its call was sent. */
export type FetchLater = (url: URL, signal: AbortSignal) => Promise<Response>

interface DeferredCall {
  readonly key: string
  readonly call: SettledCall
  /** What is booked if the answer is not found in time. */
  readonly fallback: UsageReport
  /** Asks the provider; undefined where that tells nothing. */
  ask(signal: AbortSignal): Promise<UsageReport | undefined>
  timer?: NodeJS.Timeout
}

/**
 * The calls of this process whose answers are still being written. Each keeps its hold until somebody reads what it
 * used, in this process or, where that is nobody's task, by its own question at the deadline. It is booked under
 * the answer's key: another process that reads the answer first has booked it, and this one only frees the hold.
 */
class DeferredCalls {
  /** In the order in which they were made. */
  private readonly deferred = new Set<DeferredCall>()
  /** By key. Two accounts have answers of the same key only where two providers give out the same ids. */
  private readonly byKey = new Map<string, readonly DeferredCall[]>()
  /** The accounts that answers were booked for, by key; the oldest is forgotten first. */
  private readonly booked = new Map<string, readonly string[]>()

  keep(deferred: DeferredCall): void {
    const { key, call } = deferred
    const { account } = call.hold
    // An attempt that was repeated gets the same answer: the first one's hold is enough.
    if (this.isBooked(key, account) || this.find(key, account)?.call.hold.account === account) {
      return call.hold.release()
    }
    const [oldest] = this.deferred.size >= DEFERRED_MAX ? this.deferred : []
    if (oldest) this.end(oldest, oldest.fallback)
    this.deferred.add(deferred)
    this.byKey.set(key, [...(this.byKey.get(key) ?? []), deferred])
    deferred.timer = setTimeout(() => this.conclude(deferred), call.settings.backgroundForMs)
    // The journal has the call: the process may end.
    deferred.timer.unref()
  }

  /**
   * Books what an answer says, for whom its call was made; false where that was not in this process.
   *
   * @param reader the account that it was read for, if any
   */
  settle(key: string, reader: string | undefined, report: UsageReport): boolean {
    const deferred = this.find(key, reader)
    if (deferred) this.end(deferred, report)
    return deferred !== undefined
  }

  /** Whether an answer was booked here: for this account, or without one, for any. */
  isBooked(key: string, account?: string): boolean {
    const accounts = this.booked.get(key)
    return accounts !== undefined && (account === undefined || accounts.includes(account))
  }

  remember(key: string, account: string): void {
    if (this.isBooked(key, account)) return
    this.booked.set(key, [...(this.booked.get(key) ?? []), account])
    if (this.booked.size <= BOOKED_MAX) return
    const [oldest] = this.booked.keys()
    if (oldest !== undefined) this.booked.delete(oldest)
  }

  /** Asks for all of them, because the process is about to end. What is not told in time is estimated. */
  async concludeAll(): Promise<void> {
    const signal = AbortSignal.timeout(ASK_FOR_MS)
    const waiting = [...this.deferred].values()
    const askOn = async () => {
      for (const deferred of waiting) await this.ask(deferred, signal)
    }
    await Promise.all(Array.from({ length: ASKED_AT_ONCE }, askOn))
  }

  private find(key: string, account: string | undefined): DeferredCall | undefined {
    const all = this.byKey.get(key)
    return all?.find(({ call }) => call.hold.account === account) ?? all?.[0]
  }

  private end(deferred: DeferredCall, report: UsageReport): void {
    const { key, call } = deferred
    if (!this.deferred.delete(deferred)) return
    clearTimeout(deferred.timer)
    const others = this.byKey.get(key)?.filter((other) => other !== deferred) ?? []
    if (others.length > 0) this.byKey.set(key, others)
    else this.byKey.delete(key)
    this.remember(key, call.hold.account)
    settleCall(() => ({ ...report, key, pending: false }), call)
  }

  private conclude(deferred: DeferredCall): void {
    const asked = this.ask(deferred, AbortSignal.timeout(ASK_FOR_MS))
    void deferred.call.settings.credits.track(asked)
  }

  private async ask(deferred: DeferredCall, signal: AbortSignal): Promise<void> {
    clearTimeout(deferred.timer)
    const report = await deferred.ask(signal)
    this.end(deferred, report && !report.pending ? report : deferred.fallback)
  }
}

const callsOfLedgers = new WeakMap<MeterLedger, DeferredCalls>()

export function deferredCallsOf(ledger: MeterLedger): DeferredCalls {
  const known = callsOfLedgers.get(ledger)
  if (known) return known
  const calls = new DeferredCalls()
  callsOfLedgers.set(ledger, calls)
  ledger.beforeClose?.(() => calls.concludeAll())
  return calls
}

/**
 * Keeps the hold of a call whose answer is still being written. Should this process end before it is read, the
 * journal has the estimate, under the answer's key.
 */
export function deferCall(report: UsageReport, key: string, call: SettledCall, later: FetchLater): void {
  const { hold, settings, notes, plan } = call
  hold.answered(captureLines(report, settings, notes), { key })
  const { providerId } = report
  deferredCallsOf(settings.credits).keep({
    key,
    call,
    fallback: report,
    async ask(signal) {
      const url = providerId === undefined ? undefined : plan.laterURL?.(providerId)
      if (!url) return undefined
      try {
        const response = await later(url, signal)
        return response.ok ? plan.readAnswer(await response.text()) : undefined
      } catch {
        // It cannot be asked: the estimate is charged, and says that it is one.
        return undefined
      }
    },
  })
}
