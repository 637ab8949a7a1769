import { openMeteredHold } from '../src/meter.ts'
import { amountToHold } from './charge.ts'
import { deferCall, type FetchLater } from './deferred.ts'
import { expectedCostsOf } from './expected.ts'
import { type Settings, settingsFor } from './options.ts'
import { requirePayer } from './payer.ts'
import type { CallPlan } from './provider.ts'
import { meterResponse, settleCall, type SettledCall } from './settle.ts'
import { followSignal } from './signal.ts'
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
  const hold = await openMeteredHold(settings.credits, {
    ...payer.attribution,
    account: payer.account,
    category: plan.category,
    estimate: expected?.reserve(plan.model, worstCase) ?? worstCase,
    model: plan.model,
    ttl: settings.holdTtl,
    onLedgerDown: settings.onLedgerDown,
    onError: settings.onError,
  })
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
  }
  try {
    return meterResponse(response, settled)
  } catch (error) {
    // A body that is no web stream cannot be followed, and has been paid for.
    settleCall(() => plan.estimateAnswer(''), settled)
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
