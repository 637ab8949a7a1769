import { type Credits, formatAmount, parseAmount } from '../src/amount.ts'
import type { CallCost, MeteredHold } from '../src/meter.ts'
import { collectBody } from './body.ts'
import { captureLines, surprises } from './charge.ts'
import type { ExpectedCosts } from './expected.ts'
import type { Settings } from './options.ts'
import type { CaptureLine } from '../src/types.ts'
import type { CallPlan, EventReader, UsageLine, UsageReport } from './provider.ts'
import { replaceResponseBody } from './response.ts'
import { followEvents, type StreamEnd } from './stream.ts'
import { tellUnpriced } from './unpriced.ts'

/** What settling a call goes by. */
export interface SettledCall {
  readonly plan: CallPlan
  /** What the plan found to have no price but let through. */
  readonly notes: readonly string[]
  readonly hold: MeteredHold
  readonly settings: Settings
  /** The caller's. */
  readonly signal: AbortSignal | undefined
  /** What the call could cost at most by its estimate. */
  readonly worstCase: Credits
  /** Learns from what it did cost; undefined where holds are strict. */
  readonly expected: ExpectedCosts | undefined
  /** Waits for an answer that is still being written. */
  readonly defer?: ((report: UsageReport, key: string) => void) | undefined
  /** Remembers that an answer was booked, which others may read and must not book again. */
  readonly booked?: ((key: string) => void) | undefined
}

/** The response as the caller gets it: settled when its body has told what it used, however that ends. */
export function meterResponse(response: Response, call: SettledCall): Response {
  const { plan, hold } = call
  const { body } = response
  hold.answered(fallbackCost(call))
  if (body === null) {
    settleCall(() => plan.readAnswer('') ?? plan.estimateAnswer(''), call)
    return response
  }
  return replaceResponseBody(
    response,
    isEventStream(response) ? meterEvents(body, call) : meterAnswer(body, call),
  )
}

function meterEvents(body: ReadableStream<Uint8Array>, call: SettledCall): ReadableStream<Uint8Array> {
  const { plan, hold, settings } = call
  const events = plan.readEvents()
  return followEvents({
    body,
    events,
    timing: settings,
    drains: settings.onAbort === 'drain',
    signal: partedSignal(call),
    ended: (how) =>
      settleSoon(
        stateNow(() => reportOfStream(events, how, call)),
        call,
      ),
    unreadable: (error) => hold.report(error, 'cost'),
  })
}

/** What is known now; where that cannot be read, whoever settles is told so, and not the stream. */
function stateNow(read: () => UsageReport): () => UsageReport {
  try {
    const report = read()
    return () => report
  } catch (error) {
    return () => {
      throw error
    }
  }
}

/** What the provider has stated counts in any case. */
function reportOfStream(events: EventReader, how: StreamEnd, call: SettledCall): UsageReport {
  const stated = events.report()
  if (stated) return stated
  const callerLeft = how === 'abandoned' || (how === 'broken' && call.signal?.aborted === true)
  // A connection that the server lost before it said a word is a failed attempt; a caller who leaves is not.
  if (how === 'broken' && !callerLeft && !events.begun) return { lines: [] }
  const estimate = events.estimate()
  if (estimate.pending || !callerLeft || call.settings.onAbort !== 'input-only') return estimate
  return {
    ...estimate,
    lines: estimate.lines.map(withoutOutput),
    note: 'the caller left the stream; its input was estimated, and its output not charged',
  }
}

/** Units are named as on the rate card: `output_tokens`, `output_audio_tokens` … */
const withoutOutput = (line: UsageLine): UsageLine => ({
  ...line,
  usage: Object.fromEntries(Object.entries(line.usage).filter(([unit]) => !unit.startsWith('output_'))),
})

/** An answer whose head has arrived is complete at the provider, and paid for, however much of it gets here. */
const meterAnswer = (body: ReadableStream<Uint8Array>, call: SettledCall): ReadableStream<Uint8Array> =>
  collectBody({
    body,
    timing: call.settings,
    signal: partedSignal(call),
    ended: (how, text) => settleSoon(() => reportOfAnswer(text, how, call), call),
  })

const reportOfAnswer = (text: string, how: StreamEnd, { plan }: SettledCall): UsageReport =>
  (how === 'complete' ? plan.readAnswer(text) : undefined) ?? plan.estimateAnswer(text)

/** The caller's signal where it does not reach the connection, because the provider is to be heard out. */
const partedSignal = ({ settings, signal }: SettledCall): AbortSignal | undefined =>
  settings.onAbort === 'drain' ? signal : undefined

/**
 * Settles once the caller has been served: reading the usage and writing to the ledger take a part of a millisecond,
 * for which the end of the answer is not to wait.
 */
function settleSoon(report: () => UsageReport, call: SettledCall): void {
  const settled = new Promise<void>((resolve) => {
    setImmediate(() => {
      settleCall(report, call)
      resolve()
    })
  })
  void call.settings.credits.track(settled)
}

/** Books what a call used, or gives its credit back. */
export function settleCall(readReport: () => UsageReport, call: SettledCall): void {
  const { plan, notes, hold, settings } = call
  let providerId: string | undefined
  let key: string | undefined
  try {
    const report = readReport()
    ;({ providerId, key } = report)
    if (report.pending && key !== undefined && call.defer) return call.defer(report, key)
    if (report.lines.length === 0) return hold.release()
    hold.capture(learnedFrom(captureLines(report, settings, notes), call), { key })
    if (key !== undefined) call.booked?.(key)
    for (const surprise of surprises(report, notes)) {
      tellUnpriced(settings, hold.account, `${plan.model}: ${surprise}`)
    }
  } catch (error) {
    // The provider is paid, so what was reserved is charged; that the price is missing is told all the same.
    hold.report(error, 'cost')
    const note = 'what the answer used could not be read or has no price; the estimate was charged'
    hold.capture({ amount: hold.reserved, estimated: true, providerId, note }, { key })
  }
}

/**
 * What is booked for an answer whose end this process does not live to see: what such calls cost on average, else
 * their input.
 */
function fallbackCost({ plan, notes, settings, hold, worstCase, expected }: SettledCall): CallCost {
  const note = 'the process ended before the answer did; '
  const average = expected?.average(plan.model, worstCase)
  if (average !== undefined)
    return { amount: average, estimated: true, note: `${note}what such calls cost on average was charged` }
  try {
    const report = { ...plan.estimateAnswer(''), estimated: true, note: `${note}its input was estimated` }
    return captureLines(report, settings, notes)
  } catch (error) {
    hold.report(error, 'cost')
    return { amount: hold.reserved, estimated: true, note: `${note}the estimate was charged` }
  }
}

/** What the provider has stated teaches what to reserve, here and, by the receipt, in later processes. */
function learnedFrom(
  lines: readonly CaptureLine[],
  { plan, worstCase, expected }: SettledCall,
): readonly CaptureLine[] {
  const [first, ...others] = lines
  if (!expected || !first || lines.some(({ estimated }) => estimated)) return lines
  const cost = lines.reduce((sum, { amount }) => sum + parseAmount(amount), 0n)
  expected.learn(plan.model, cost, worstCase)
  return [{ ...first, worstCase: formatAmount(worstCase) }, ...others]
}

export const isEventStream = (response: Response): boolean =>
  response.headers.get('content-type')?.toLowerCase().startsWith('text/event-stream') === true
