/** Rule 9 and what follows from rule 6, checked on the reference ledger itself: a model may be wrong as well. */
import { batchOf } from './answers.ts'
import { debtOf, type ModelAccount, sum, unexpiredCredit } from './state.ts'

/** @throws Error that names the first rule that does not hold */
export function checkInvariants(account: ModelAccount, now: number): void {
  const portions = account.charges.flatMap((charge) => [...charge.draws, ...charge.repayments])
  for (const batch of account.batches) {
    const own = portions.filter((portion) => batchOf(account, portion.batchId) === batch)
    const expected =
      batch.allocated -
      sum(own.map((portion) => portion.amount)) +
      sum(own.map((portion) => portion.refunded)) -
      batch.expired -
      batch.voided
    if (batch.remaining < 0n || batch.remaining !== expected) {
      throw new Error(`The model lost count of batch ${batch.id}: ${batch.remaining} is not ${expected}`)
    }
  }
  for (const charge of account.charges) {
    const drawn = sum(charge.draws.map((draw) => draw.amount))
    if (drawn + charge.debt !== charge.amount)
      throw new Error(`Charge ${charge.id} is not its draws and its debt`)
    if (charge.owed < 0n || charge.refunded > charge.amount)
      throw new Error(`Charge ${charge.id} was overpaid`)
  }
  if (debtOf(account) > 0n && unexpiredCredit(account, now) > 0n) {
    throw new Error(`Account ${account.name} has debt and credit side by side`)
  }
}
