/** An operation done on the real ledger, its answer brought into the form of the reference ledger's. */
import type { CreditLedger } from '../../../src/credits.ts'
import { CreditsError } from '../../../src/errors.ts'
import type { Batch, Charge, Hold, Refund } from '../../../src/types.ts'
import type { Operation } from '../../model/operation.ts'
import type { Outcome } from '../../model/reference-ledger.ts'

export interface Performed {
  operation: Operation
  outcome: Outcome
  /** Of what the ledger wrote; of a void or an extension its reason. */
  ids: string[]
}

/** Errors without a code are no refusals: they fail the test. */
export async function perform(ledger: CreditLedger, operation: Operation): Promise<Performed> {
  try {
    const { answer, ids } = await call(ledger, operation)
    return { operation, outcome: { answer }, ids }
  } catch (error) {
    if (!CreditsError.isInstance(error)) throw error
    return { operation, outcome: { refusal: { code: error.code, data: error.data } }, ids: [] }
  }
}

async function call(ledger: CreditLedger, operation: Operation): Promise<{ answer: unknown; ids: string[] }> {
  const { account } = operation
  switch (operation.kind) {
    case 'grant':
      return single(await ledger.grant(account, operation.input))
    case 'authorize':
      return single(await ledger.authorize(account, operation.input))
    case 'capture': {
      const charges = await ledger.capture(account, operation.holdId, operation.lines)
      return { answer: charges, ids: charges.map(({ id }) => id) }
    }
    case 'release':
      return single(await ledger.release(account, operation.holdId))
    case 'extend':
      return single(await ledger.extend(account, operation.holdId, operation.ttl))
    case 'charge':
      return single(await ledger.charge(account, operation.input))
    case 'book': {
      const charges = await ledger.book(account, operation.input)
      return { answer: charges, ids: charges.map(({ id }) => id) }
    }
    case 'refund': {
      const refund = await ledger.refund(account, operation.chargeId, operation.input)
      const newBatches = refund.newBatches.toSorted((a, b) => (a.type < b.type ? -1 : 1))
      return { answer: { ...refund, newBatches }, ids: [refund.id, ...newBatches.map(({ id }) => id)] }
    }
    case 'void': {
      const { batchId, input } = operation
      return { answer: await ledger.void(account, batchId, input), ids: [input.reason] }
    }
    case 'extendBatch': {
      const { batchId, input } = operation
      return { answer: await ledger.extendBatch(account, batchId, input), ids: [input.reason] }
    }
    case 'setAlertLine': {
      // How low it is counts at the end of what is written together: that is read.
      const { amount, percent, base, line } = await ledger.setAlertLine(account, operation.input)
      return { answer: { account, amount, percent, base, line }, ids: [] }
    }
  }
}

const single = (answer: Batch | Hold | Charge | Refund) => ({ answer, ids: [answer.id] })
