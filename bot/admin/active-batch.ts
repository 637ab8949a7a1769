import type { CreditLedger } from '../../src/credits.ts'
import { CreditsError } from '../../src/errors.ts'
import type { Batch } from '../../src/types.ts'

const PAGE_SIZE = 1_000
/** No account has as many active batches; the ledger itself decides on the others. */
const PAGES_MAX = 10

/** @throws CreditsError `batch_not_found` */
export async function findActiveBatch(ledger: CreditLedger, account: string, id: string): Promise<Batch> {
  for (let page = 0; page < PAGES_MAX; page++) {
    const batches = await ledger.batches(account, { limit: PAGE_SIZE, offset: page * PAGE_SIZE })
    const batch = batches.find((candidate) => candidate.id === id)
    if (batch !== undefined) return batch
    if (batches.length < PAGE_SIZE) break
  }
  throw new CreditsError(
    'batch_not_found',
    `${account} has no active batch ${id}: it is used up, expired, voided, or another account's. ` +
      "Name that account before the batch if it is somebody's own.",
    { batch: id },
  )
}
