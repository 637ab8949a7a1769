import type { MeteredHold } from '../src/meter.ts'
import { collectBody } from './body.ts'
import { captureLines, surprises } from './charge.ts'
import type { Settings } from './options.ts'
import type { CallPlan, UsageReport } from './provider.ts'
import { replaceResponseBody } from './response.ts'
import { followEvents } from './stream.ts'

/** Books what a call used, or gives its credit back. */
export type Settle = (report: UsageReport) => void

/** The response as the caller gets it: settled when its body has told what it used, however that ends. */
export function meterResponse(
  response: Response,
  plan: CallPlan,
  settings: Settings,
  signal: AbortSignal | undefined,
  settle: Settle,
): Response {
  if (response.body === null) {
    settle(plan.readAnswer('') ?? plan.estimateAnswer(''))
    return response
  }
  return replaceResponseBody(
    response,
    isEventStream(response)
      ? meterEvents(response.body, plan, settings, signal, settle)
      : meterAnswer(response.body, plan, settings, settle),
  )
}

function meterEvents(
  body: ReadableStream<Uint8Array>,
  plan: CallPlan,
  settings: Settings,
  signal: AbortSignal | undefined,
  settle: Settle,
): ReadableStream<Uint8Array> {
  const events = plan.readEvents()
  return followEvents(body, events, settings, (how) => {
    // A connection that the server lost before it said a word is a failed attempt; a caller who leaves is not.
    const failed = how === 'broken' && !events.begun && !signal?.aborted
    settle(events.report() ?? (failed ? { lines: [] } : events.estimate()))
  })
}

/** An answer whose head has arrived is complete at the provider, and paid for, however much of it gets here. */
function meterAnswer(
  body: ReadableStream<Uint8Array>,
  plan: CallPlan,
  settings: Settings,
  settle: Settle,
): ReadableStream<Uint8Array> {
  return collectBody(body, settings, (how, text) =>
    settle((how === 'complete' ? plan.readAnswer(text) : undefined) ?? plan.estimateAnswer(text)),
  )
}

export function settleCall(
  hold: MeteredHold,
  report: UsageReport,
  { plan, notes }: { plan: CallPlan; notes: readonly string[] },
  settings: Settings,
): void {
  if (report.lines.length === 0) return hold.release()
  for (const surprise of surprises(report, notes)) settings.onUnpriced(`${plan.model}: ${surprise}`)
  try {
    hold.capture(captureLines(report, settings, notes))
  } catch (error) {
    // The provider is paid, so what was reserved is charged; that the price is missing is told all the same.
    hold.report(error, 'cost')
    hold.capture({
      amount: hold.hold.amount,
      estimated: true,
      providerId: report.providerId,
      note: 'what the answer used has no price; the estimate was charged',
    })
  }
}

const isEventStream = (response: Response): boolean =>
  response.headers.get('content-type')?.toLowerCase().startsWith('text/event-stream') === true
