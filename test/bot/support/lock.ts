import postgres from 'postgres'
import { vi } from 'vitest'

export interface LedgerLock {
  /** Ends when somebody, or so many, wait for the lock. */
  waitUntilWaitedFor(count?: number): Promise<void>
  /** Makes PostgreSQL cancel what waits. */
  cancelWaiting(): Promise<void>
  release(): Promise<void>
}

/** Locks the ledger's tables, so that even reading them waits. */
export async function lockLedger(url: string): Promise<LedgerLock> {
  const sql = postgres(url, { max: 2, onnotice: () => {} })
  const locked = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  const transaction = sql.begin(async (session) => {
    await session`lock table public.accounts, public.batches, public.holds in access exclusive mode`
    locked.resolve()
    await released.promise
  })
  transaction.catch(locked.reject)
  await locked.promise
  return {
    async waitUntilWaitedFor(count = 1) {
      await vi.waitUntil(async () => (await waiting()).length >= count, { timeout: 10_000, interval: 20 })
    },
    async cancelWaiting() {
      await sql`select pg_cancel_backend(pid) from unnest(${await waiting()}::int[]) as pid`
    },
    async release() {
      released.resolve()
      await transaction
      await sql.end()
    },
  }

  async function waiting(): Promise<number[]> {
    const rows = await sql<{ pid: number }[]>`
      select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
    return rows.map((row) => row.pid)
  }
}
