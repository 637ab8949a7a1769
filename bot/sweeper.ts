import type { CreditLedger } from '../src/credits.ts'
import type { Logger } from './log.ts'

/** Often enough that an expiry shows in the ledger's entries soon; balances never wait for it. */
const SWEEP_EVERY_MS = 60_000

export interface Sweeper {
  /** Ends once a sweep under way has. */
  stop(): Promise<void>
}

/**
 * Writes the entries of what expired and lapsed, at once and then every minute. One sweep at a time; a failed one
 * is logged and the next tries again. It keeps no process alive.
 */
export function startSweeper(ledger: CreditLedger, logger: Logger, everyMs = SWEEP_EVERY_MS): Sweeper {
  let isStopped = false
  let timer: NodeJS.Timeout | undefined
  let running = sweepThenWait()
  return {
    async stop() {
      isStopped = true
      clearTimeout(timer)
      await running
    },
  }

  async function sweepThenWait(): Promise<void> {
    try {
      const { expiredBatches, lapsedHolds } = await ledger.sweep()
      if (expiredBatches > 0 || lapsedHolds > 0) logger.info({ expiredBatches, lapsedHolds }, 'Swept')
    } catch (error) {
      logger.error({ err: error }, 'The sweep failed; the next one tries again')
    }
    if (isStopped) return
    timer = setTimeout(() => {
      running = sweepThenWait()
    }, everyMs).unref()
  }
}
