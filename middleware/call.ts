import { currentContext } from '../src/context.ts'
import { openMeteredHold } from '../src/meter.ts'
import { amountToHold } from './charge.ts'
import type { Settings } from './options.ts'
import type { CallPlan } from './provider.ts'
import { meterResponse, type Settle, settleCall } from './settle.ts'

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
