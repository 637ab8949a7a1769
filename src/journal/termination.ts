import { setTimeout as delay } from 'node:timers/promises'

/** What is not booked by then is in the journal. Whoever ends processes gives them 10 s, as a rule. */
const FLUSH_MS = 5_000

const SIGNAL = 'SIGTERM'

const flushes = new Set<() => Promise<void>>()
let isFlushing = false

/**
 * Flushes when the process is told to end, and then lets it end as it would have. Where somebody else listens to
 * the signal too, ending is left to them. Returns what takes the watch away again.
 */
export function flushBeforeTermination(flush: () => Promise<void>): () => void {
  // First of all listeners, so that those which listen once are still to be seen.
  if (flushes.size === 0) process.prependListener(SIGNAL, terminate)
  flushes.add(flush)
  return () => {
    flushes.delete(flush)
    if (flushes.size === 0) process.off(SIGNAL, terminate)
  }
}

function terminate(): void {
  const isOursAlone = process.listenerCount(SIGNAL) === 1
  // Told twice, it ends at once.
  const flushed = isFlushing ? Promise.resolve() : flushAll()
  if (isOursAlone) void flushed.then(endAsUsual)
}

async function flushAll(): Promise<void> {
  isFlushing = true
  // A flush does not fail: what it cannot book stays in the journal.
  const all = Promise.allSettled(Array.from(flushes, (flush) => flush()))
  const patience = new AbortController()
  await Promise.race([all, delay(FLUSH_MS, undefined, { signal: patience.signal }).catch(() => undefined)])
  patience.abort()
  isFlushing = false
}

function endAsUsual(): void {
  process.off(SIGNAL, terminate)
  process.kill(process.pid, SIGNAL)
}
