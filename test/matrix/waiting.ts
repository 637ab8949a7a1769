import { setTimeout as sleep } from 'node:timers/promises'

/** For a hold to be settled or a connection to be closed: a drain may be under way. */
const PATIENCE_MS = 10_000
const POLL_MS = 5

/** Waits for a condition, for a while; answers whether it came about. */
export async function becomesTrue(condition: () => boolean | Promise<boolean>): Promise<boolean> {
  const deadline = performance.now() + PATIENCE_MS
  while (!(await condition())) {
    if (performance.now() > deadline) return false
    await sleep(POLL_MS)
  }
  return true
}
