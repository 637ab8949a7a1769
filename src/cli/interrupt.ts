const SIGNALS = ['SIGINT', 'SIGTERM'] as const
export type InterruptSignal = (typeof SIGNALS)[number]

/**
 * Calls `stop` on the first SIGINT or SIGTERM, so that what is open can be closed; a second one ends the process
 * at once, as without this. Returns what takes the watch away again.
 */
export function onInterrupt(stop: (signal: InterruptSignal) => void): () => void {
  const heard = (signal: InterruptSignal) => {
    forget()
    stop(signal)
  }
  const forget = () => {
    for (const signal of SIGNALS) process.off(signal, heard)
  }
  for (const signal of SIGNALS) process.on(signal, heard)
  return forget
}
