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

/** What work comes to, unless the caller aborts before: the work goes on, and its caller is not kept waiting. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work
  let leave = () => {}
  const aborted = new Promise<never>((_, reject) => {
    leave = () => reject(signal.reason as Error)
  })
  if (signal.aborted) leave()
  else signal.addEventListener('abort', leave, { once: true })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', leave)
  }
}
