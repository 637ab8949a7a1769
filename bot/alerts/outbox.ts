import type postgres from 'postgres'
import type { CreditLedger } from '../../src/credits.ts'
import type { Alert } from '../../src/types.ts'
import type { Logger } from '../log.ts'

/** Taken in one transaction. */
const TAKEN_MAX = 100
const EVERY_MS = 1_000

export interface Outbox {
  /** Ends once a transaction under way has. */
  stop(): Promise<void>
}

export interface OutboxOptions {
  readonly ledger: CreditLedger
  readonly logger: Logger
  /** Nothing is taken before. */
  readonly ready: Promise<void>
  /** Queues the jobs of alerts in the transaction that takes them. */
  queue(alerts: readonly Alert[], sql: postgres.TransactionSql): Promise<void>
  /** Jobs were queued. */
  queued(): void
}

/**
 * Takes alerts that changed, every second, and at once again where there were many. It keeps no process alive; what it
 * fails at, the next time tries again.
 */
export function startOutbox({ ledger, logger, ready, queue, queued }: OutboxOptions): Outbox {
  let isStopped = false
  let timer: NodeJS.Timeout | undefined
  let running = ready.then(takeThenWait, () => {
    // The jobs were stopped before they began.
  })
  return {
    async stop() {
      isStopped = true
      clearTimeout(timer)
      await running
    },
  }

  async function takeThenWait(): Promise<void> {
    try {
      let taken = TAKEN_MAX
      while (!isStopped && taken === TAKEN_MAX) {
        taken = await ledger.takeAlerts(TAKEN_MAX, queue)
        if (taken > 0) queued()
      }
    } catch (error) {
      logger.error({ err: error }, 'Alerts cannot be taken; trying again')
    }
    if (isStopped) return
    timer = setTimeout(() => {
      running = takeThenWait()
    }, EVERY_MS).unref()
  }
}
