import type { Credits } from '../src/amount.ts'
import { type MeteredHold, openMeteredHold } from '../src/meter.ts'
import { amountToHold } from './charge.ts'
import { deferCall, deferredCallsOf, type FetchLater } from './deferred.ts'
import { expectedCostsOf } from './expected.ts'
import { type Settings, settingsFor } from './options.ts'
import { type Payer, requirePayer } from './payer.ts'
import type { CallPlan } from './provider.ts'
import { meterResponse, settleCall, type SettledCall } from './settle.ts'
import { followSignal, unlessAborted } from './signal.ts'
import { alertUnpriced } from './unpriced.ts'

/** One attempt at a call: its plan, and what the plan found to have no price but let through. */
export interface PlannedCall {
  readonly plan: CallPlan
  readonly notes: readonly string[]
  readonly signal: AbortSignal | undefined
  /** Fetches the answer again that the request does not wait for. */
  readonly later?: FetchLater | undefined
}

/** Sends the request; with another signal than the caller's, if one is given. */
export type Send = (signal?: AbortSignal) => Promise<Response>

/**
 * Makes one attempt at a call: reserves its estimate, sends it, and settles when its cost is known. An attempt that
 * fails gives its credit back; the SDK's next one is a call of its own.
 *
 * @throws CreditsError before anything is sent; and whatever `send` throws
 */
export async function makeCall(call: PlannedCall, options: Settings, send: Send): Promise<Response> {
  const { plan, signal, later } = call
  const payer = requirePayer(options)
  const settings = settingsFor(payer.account, options)
  const worstCase = amountToHold(plan.estimate, settings)
  const expected = settings.strict ? undefined : expectedCostsOf(settings.credits)
  const estimate = expected?.reserve(plan.model, worstCase) ?? worstCase
  const hold = await openHold(call, estimate, payer, settings)
  expected?.recall(hold.account, plan.model)
  for (const note of call.notes) alertUnpriced(settings, hold.account, `${plan.model}: ${note}`)
  let response: Response
  try {
    response = await sendParted(send, settings.onAbort === 'drain' ? signal : undefined)
  } catch (error) {
    hold.release()
    throw error
  }
  if (!response.ok) {
    hold.release()
    return response
  }
  const settled: SettledCall = {
    plan,
    notes: call.notes,
    signal,
    hold,
    settings,
    worstCase,
    expected,
    defer: later && ((report, key) => deferCall(report, key, settled, later)),
    booked: later && ((key) => deferredCallsOf(settings.credits).remember(key, hold.account)),
  }
  try {
    return meterResponse(response, settled)
  } catch (error) {
    // A body that is no web stream cannot be followed, and has been paid for.
    settleCall(() => plan.estimateAnswer(''), settled)
    throw error
  }
}

async function openHold(
  { plan, signal }: PlannedCall,
  estimate: Credits,
  payer: Payer,
  settings: Settings,
): Promise<MeteredHold> {
  const opening = openMeteredHold(settings.credits, {
    ...payer.attribution,
    account: payer.account,
    category: plan.category,
    estimate,
    model: plan.model,
    ttl: settings.holdTtl,
    onLedgerDown: settings.onLedgerDown,
    onError: settings.onError,
  })
  try {
    return await unlessAborted(opening, signal)
  } catch (error) {
    // A hold that comes when its caller has left must not stay open.
    const released = opening.then(
      (late) => late.release(),
      () => undefined,
    )
    void settings.credits.track(released)
    throw error
  }
}

/** With a caller's signal that is not to reach the connection: it ends the sending only, not what comes after. */
async function sendParted(send: Send, signal: AbortSignal | undefined): Promise<Response> {
  if (!signal) return send()
  const following = followSignal(signal)
  try {
    return await send(following.signal)
  } finally {
    following.letGo()
  }
}
