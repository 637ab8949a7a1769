import { isInsufficientCredits } from '../../middleware/index.ts'

/** Less than any SDK waits before a retry. */
const AT_ONCE_MS = 400
/** A machine may be busy once or twice; an SDK that tries again is late each time. */
const CALLS_MAX = 4

/**
 * What a caller sees of a refused call: its SDK's error, and whether that came at once, which a retry would not.
 *
 * @example refused: [{ class: 'APIError', status: 402, code: 'insufficient_credits', isInsufficientCredits: true, atOnce: true }]
 */
export async function refusalSeen(call: () => PromiseLike<unknown>): Promise<object> {
  let refusal = await refusalOf(call)
  for (let calls = 1; calls < CALLS_MAX && !refusal.atOnce; calls++) refusal = await refusalOf(call)
  const { error, atOnce } = refusal
  const { status, code } = error as { status?: unknown; code?: unknown }
  return {
    class: error instanceof Error ? error.constructor.name : typeof error,
    status,
    code,
    isInsufficientCredits: isInsufficientCredits(error),
    atOnce,
  }
}

async function refusalOf(call: () => PromiseLike<unknown>): Promise<{ error: unknown; atOnce: boolean }> {
  const started = performance.now()
  try {
    await call()
  } catch (error) {
    return { error, atOnce: performance.now() - started < AT_ONCE_MS }
  }
  return { error: 'It was not refused.', atOnce: true }
}
