import type { Balance, Batch } from '../../../src/types.ts'
import { credits } from '../blocks.ts'
import {
  accountFact,
  availableFact,
  batchFacts,
  exactCredits,
  exactly,
  moment,
  type Sheet,
  textFacts,
  warning,
} from './sheet.ts'

/** Without an amount: all that remains by then. */
export function voidPlan(batch: Batch, amount: bigint | undefined, reason: string, balance: Balance): Sheet {
  const voided = amount ?? batch.remaining
  return {
    title:
      amount === undefined ? 'Void all that remains of a batch' : `Void ${exactCredits(amount)} of a batch`,
    facts: [
      accountFact(batch.account),
      ...batchFacts(batch),
      ['Expires', moment(batch.expiresAt)],
      ['To be voided', amount === undefined ? `all, ${exactly(voided)} now` : exactly(voided)],
      availableFact(balance, -voided),
      ...textFacts('Reason', reason),
    ],
    remarks: balance.held > 0n ? [warning(`Running calls hold ${credits(balance.held)}.`)] : [],
  }
}

/** Without an amount: all that remained. */
export const voidDone = (
  batch: Batch,
  { amount, inAll }: { amount: bigint | undefined; inAll: bigint },
  reason: string,
): Sheet => ({
  title:
    amount === undefined ? 'Voided what remained of a batch' : `Voided ${exactCredits(amount)} of a batch`,
  facts: [
    accountFact(batch.account),
    ...batchFacts(batch),
    ['Voided in all', exactly(inAll)],
    ...textFacts('Reason', reason),
  ],
  remarks: [],
})
