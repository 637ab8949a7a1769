import { z } from 'zod'
import { formatAmount } from '../../src/amount.ts'
import { CreditsError } from '../../src/errors.ts'
import { readVoided } from '../../src/voided.ts'
import { voidDone, voidPlan } from '../views/admin/void.ts'
import { adminAction } from './action.ts'
import { findActiveBatch } from './active-batch.ts'
import { accountField, amountField, batchField, reasonField } from './fields.ts'
import { splitAmount, splitTarget } from './words.ts'

export const voidAction = adminAction({
  name: 'void',
  summary: 'cancel what remains of a batch, or a part of it',
  usage: '[@user|ACCOUNT] BATCH [AMOUNT] REASON',
  example: 'void 019abc12-0000-7000-8000-000000000000 granted by mistake',
  title: 'Void a batch',
  verb: 'Void',
  form: ['amount', 'reason'],
  optional: ['amount'],
  isAboutAccount: false,
  shape: z.strictObject({
    account: accountField,
    batch: batchField,
    amount: amountField.optional(),
    reason: reasonField,
  }),
  fieldsOf(words) {
    const { account, rest } = splitTarget(words)
    const [batch, ...others] = rest
    return {
      ...(account === undefined ? {} : { account }),
      ...(batch === undefined ? {} : { batch }),
      ...splitAmount(others),
    }
  },
  async preview(ledger, { account, batch: id, amount, reason }) {
    const [batch, balance] = await Promise.all([
      findActiveBatch(ledger, account, id),
      ledger.balance(account),
    ])
    if (amount !== undefined && amount > batch.remaining) throw exceeds(batch.remaining)
    return voidPlan(batch, amount, reason, balance)
  },
  async perform(ledger, { account, batch: id, amount, reason }, write) {
    const batch = await ledger.void(account, id, { amount, reason, ...write })
    const voided = await readVoided(ledger, account, id)
    return {
      sheet: voidDone(batch, { amount, inAll: voided }, reason),
      figures: {
        batch: batch.id,
        ...(amount === undefined ? {} : { amount: formatAmount(amount) }),
        voided: formatAmount(voided),
        remaining: formatAmount(batch.remaining),
      },
    }
  },
})

const exceeds = (remaining: bigint): CreditsError =>
  new CreditsError('invalid_amount', `Only ${formatAmount(remaining)} credits of the batch remain.`, {
    remaining: formatAmount(remaining),
  })
