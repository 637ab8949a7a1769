import { type Credits, micro } from './amount.ts'
import type { CreditLedger } from './credits.ts'

/** How much of a batch has been voided in all. */
export async function readVoided(ledger: CreditLedger, account: string, batchId: string): Promise<Credits> {
  const { database } = ledger
  const rows = await database.read((sql) =>
    sql.unsafe<{ voided: string }[]>(
      'select voided::text from batches where account_id = $1 and id = $2',
      [account, batchId],
      { prepare: database.prepare },
    ),
  )
  return micro(BigInt(rows[0]?.voided ?? 0))
}
