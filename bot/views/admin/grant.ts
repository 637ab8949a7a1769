import type { Balance, Batch, BatchType } from '../../../src/types.ts'
import { batchTypeName, credits } from '../blocks.ts'
import {
  accountFact,
  amountOf,
  availableFact,
  code,
  exactCredits,
  moment,
  type Sheet,
  textFacts,
  warning,
} from './sheet.ts'

/** Credit that is gone before anybody used it is more likely a mistake in the unit. */
const SOON_MS = 24 * 60 * 60 * 1000

export interface PlannedGrant {
  readonly account: string
  readonly type: BatchType
  readonly amount: bigint
  readonly expiresAt: Date | null
  readonly note: string | undefined
}

export const grantPlan = (grant: PlannedGrant, balance: Balance, now: Date): Sheet => ({
  title: `Grant ${titled(grant.type, grant.amount)}`,
  facts: [
    accountFact(grant.account),
    ['Amount', amountOf(grant.type, grant.amount)],
    ['Expires', moment(grant.expiresAt)],
    availableFact(balance, grant.amount),
    ...textFacts('Note', grant.note),
  ],
  remarks: [
    ...(balance.debt > 0n ? [warning(`The debt of ${credits(balance.debt)} is repaid from it first.`)] : []),
    ...(grant.expiresAt !== null && grant.expiresAt.getTime() - now.getTime() < SOON_MS
      ? [warning('It expires in less than a day.')]
      : []),
  ],
})

export const grantDone = (batch: Batch): Sheet => ({
  title: `Granted ${titled(batch.type, batch.allocated)}`,
  facts: [
    accountFact(batch.account),
    ['Amount', amountOf(batch.type, batch.allocated)],
    ['Expires', moment(batch.expiresAt)],
    ['Batch', code(batch.id)],
    ...textFacts('Note', batch.note),
  ],
  remarks:
    batch.remaining < batch.allocated
      ? [`${credits(batch.allocated - batch.remaining)} of it repaid debt at once.`]
      : [],
})

const titled = (type: BatchType, amount: bigint): string =>
  exactCredits(amount).replace(' ', ` ${batchTypeName(type)} `)
