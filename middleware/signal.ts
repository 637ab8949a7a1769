/** A signal of one's own, which aborts with the caller's until it is let go. */
export interface FollowingSignal {
  readonly signal: AbortSignal
  letGo(): void
}

/** Parts a connection from its caller's signal: it can then be kept when the caller leaves. */
export function followSignal(caller: AbortSignal): FollowingSignal {
  const own = new AbortController()
  const abort = () => own.abort(caller.reason)
  if (caller.aborted) abort()
  else caller.addEventListener('abort', abort, { once: true })
  return { signal: own.signal, letGo: () => caller.removeEventListener('abort', abort) }
}
