import type { CreditLedger } from './credits.ts'
import { asCreditsError } from './database-error.ts'

/** Whether a write of this key is on the ledger; not for the hot path. */
export async function isWritten({ database }: CreditLedger, account: string, key: string): Promise<boolean> {
  try {
    const rows = await database.read((sql) =>
      sql.unsafe('select from keys where account_id = $1 and key = $2', [account, key], {
        prepare: database.prepare,
      }),
    )
    return rows.length > 0
  } catch (error) {
    throw asCreditsError(error)
  }
}
