import type { Batch } from '../../../src/types.ts'
import { accountFact, batchFacts, moment, type Sheet, textFacts, warning } from './sheet.ts'

export const extendPlan = (batch: Batch, expiresAt: Date | null, reason: string): Sheet => ({
  title: 'Change when a batch expires',
  facts: [
    accountFact(batch.account),
    ...batchFacts(batch),
    ['Expiry now', moment(batch.expiresAt)],
    ['Expiry then', moment(expiresAt)],
    ...textFacts('Reason', reason),
  ],
  remarks: isEarlier(expiresAt, batch.expiresAt) ? [warning('That is earlier than before.')] : [],
})

export const extendDone = (batch: Batch, reason: string): Sheet => ({
  title: 'Changed when a batch expires',
  facts: [
    accountFact(batch.account),
    ...batchFacts(batch),
    ['Expires', moment(batch.expiresAt)],
    ...textFacts('Reason', reason),
  ],
  remarks: [],
})

const isEarlier = (at: Date | null, before: Date | null): boolean =>
  at !== null && (before === null || at.getTime() < before.getTime())
