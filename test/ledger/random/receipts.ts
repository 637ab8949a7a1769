/** What `explain` must say of each charge after a sequence. */
import { expect } from 'vitest'
import type { CreditLedger } from '../../../src/credits.ts'
import { chargeAnswer } from '../../model/answers.ts'
import { type ModelAccount, type Portion, sum } from '../../model/state.ts'

/** The newest charges of an account: the older ones have been the newest of another sequence. */
const RECEIPTS_MAX = 8

export async function expectSameReceipts(
  ledger: CreditLedger,
  account: Readonly<ModelAccount>,
): Promise<void> {
  for (const charge of account.charges.slice(-RECEIPTS_MAX)) {
    const { refunds, repayments, net, ...booked } = await ledger.explain(account.name, charge.id)
    expect(booked).toEqual(chargeAnswer(account, charge))
    expect({
      net,
      refunded: sum(refunds.map(({ amount }) => amount)),
      repaid: byBatch(repayments),
    }).toEqual({
      net: charge.amount - charge.refunded,
      refunded: charge.refunded,
      repaid: byBatch(charge.repayments),
    })
  }
}

/** How many entries a repayment is written in is the ledger's own affair. */
function byBatch(portions: readonly Pick<Portion, 'batchId' | 'amount'>[]): Record<string, bigint> {
  const totals: Record<string, bigint> = {}
  for (const { batchId, amount } of portions) totals[batchId] = (totals[batchId] ?? 0n) + amount
  return totals
}
