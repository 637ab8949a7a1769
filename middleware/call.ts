import { currentContext } from '../src/context.ts'
import { type MeteredHold, openMeteredHold } from '../src/meter.ts'
import { amountToHold, captureLines, surprises } from './charge.ts'
import { collectBody } from './body.ts'
import type { Settings } from './options.ts'
import type { CallPlan, UsageReport } from './provider.ts'
import { replaceResponseBody } from './response.ts'
import { followEvents } from './stream.ts'

/** One attempt at a call: its plan, and what the plan found to have no price but let through. */
export interface PlannedCall {
  readonly plan: CallPlan
  readonly notes: readonly string[]
  readonly signal: AbortSignal | undefined
}

/**
 * Makes one attempt at a call: reserves its estimate, sends it, and settles when its cost is known. An attempt that
 * fails gives its credit back; the SDK's next one is a call of its own.
 *
 * @throws CreditsError before anything is sent; and whatever `send` throws
 */
export async function makeCall(
  call: PlannedCall,
  settings: Settings,
  send: () => Promise<Response>,
): Promise<Response> {
  const { plan, signal } = call
  const context = currentContext()
  const hold = await openMeteredHold(settings.credits, {
    account: context?.account ?? settings.account,
    category: plan.category,
    estimate: amountToHold(plan.estimate, settings),
    model: plan.model,
    agent: context?.agent ?? settings.agent,
    user: context?.user ?? settings.user,
    conversation: context?.conversation ?? settings.conversation,
    tags: context?.tags ?? settings.tags,
    ttl: settings.holdTtl,
    onError: settings.onError,
  })
  let response: Response
  try {
    response = await send()
  } catch (error) {
    hold.release()
    throw error
  }
  if (!response.ok) {
    hold.release()
    return response
  }
  const settle: Settle = (report) => settleCall(hold, report, call, settings)
  try {
    return meterResponse(response, plan, settings, signal, settle)
  } catch (error) {
    // A body that is no web stream cannot be followed, and has been paid for.
    settle(plan.estimateAnswer(''))
    throw error
  }
}

type Settle = (report: UsageReport) => void

function meterResponse(
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

function settleCall(
  hold: MeteredHold,
  report: UsageReport,
  { plan, notes }: PlannedCall,
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
