import type { Database } from '../db/connect.ts'
import { micro } from './amount.ts'
import type { GroupCommit } from './ledger/group-commit.ts'
import { Expire } from './ledger/operations/expire.ts'
import type { SweepReport } from './types.ts'

/** Accounts that are looked up, and then worked on, at a time. */
const PAGE = 500

/** Found without a lock; each account is then decided under its own. */
const CANDIDATES = `
  with clock as materialized (select coalesce($1::timestamptz, clock_timestamp()) as at)
  (select distinct b.account_id from batches b, clock
    where b.open and b.expires_at <= clock.at and b.account_id > $2
    order by b.account_id limit ${PAGE})
  union
  (select a.account_id from accounts a, clock
    where a.next_lapse <= clock.at and a.account_id > $2
    order by a.account_id limit ${PAGE})
  order by account_id limit ${PAGE}`

/** Writes the expiry of batches and the lapse of holds that are past their time, account by account. */
export async function sweepAccounts(
  database: Database,
  commits: GroupCommit,
  fixedTime: Date | null,
): Promise<SweepReport> {
  const report = { accounts: 0, expiredBatches: 0, expiredAmount: 0n, lapsedHolds: 0 }
  const failures: unknown[] = []
  let after = ''
  for (;;) {
    const page = after
    const rows = await database.read((sql) =>
      sql.unsafe<{ account_id: string }[]>(CANDIDATES, [fixedTime?.toISOString() ?? null, page], {
        prepare: database.prepare,
      }),
    )
    const swept = await Promise.allSettled(
      rows.map(({ account_id }) => commits.submit(new Expire(account_id))),
    )
    for (const result of swept) {
      if (result.status === 'rejected') {
        failures.push(result.reason)
        continue
      }
      const { batches, amount, lapsedHolds } = result.value
      if (batches > 0 || lapsedHolds > 0) report.accounts += 1
      report.expiredBatches += batches
      report.expiredAmount += amount
      report.lapsedHolds += lapsedHolds
    }
    const last = rows.at(-1)
    if (!last || rows.length < PAGE) {
      // One account that cannot be swept does not keep the others from it.
      if (failures.length > 0) throw failures[0]
      return { ...report, expiredAmount: micro(report.expiredAmount) }
    }
    after = last.account_id
  }
}
