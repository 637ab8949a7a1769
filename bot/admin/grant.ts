import { z } from 'zod'
import { formatAmount } from '../../src/amount.ts'
import { BATCH_TYPES } from '../../src/types.ts'
import { checkOneOf } from '../../src/validate.ts'
import { grantDone, grantPlan } from '../views/admin/grant.ts'
import { adminAction } from './action.ts'
import { expiryFrom, expiryInput, readExpiry } from './expiry.ts'
import { accountField, amountField, noteField, readableBy } from './fields.ts'
import { splitClauses, targetOf } from './words.ts'

export const grantAction = adminAction({
  name: 'grant',
  summary: 'give credit to an account',
  usage: '@user|ACCOUNT AMOUNT free|paid [expires 30d|DATE] [note TEXT]',
  example: 'grant @ada 100 free expires 30d note Welcome',
  title: 'Grant credit',
  verb: 'Grant',
  form: ['amount', 'type', 'expires', 'note'],
  optional: ['expires', 'note'],
  isAboutAccount: true,
  shape: z.strictObject({
    account: accountField,
    amount: amountField,
    type: readableBy(
      (text) => checkOneOf(text.trim().toLowerCase(), BATCH_TYPES, 'invalid_type', 'kind of credit'),
      'Say which kind of credit: free or paid.',
    ),
    expires: readableBy(readExpiry).default('never'),
    note: noteField.optional(),
  }),
  fieldsOf([target, amount, type, ...rest]) {
    return {
      ...(target === undefined ? {} : { account: targetOf(target) }),
      ...(amount === undefined ? {} : { amount }),
      ...(type === undefined ? {} : { type }),
      ...splitClauses(rest, ['expires', 'note']),
    }
  },
  async preview(ledger, { account, amount, type, expires, note }) {
    const now = new Date()
    const grant = { account, amount, type, expiresAt: expiryFrom(expires, now), note }
    return grantPlan(grant, await ledger.balance(account), now)
  },
  async perform(ledger, { account, amount, type, expires, note }, write) {
    // Given by a person, neither on signing up nor for a payment.
    const terms = { type, amount, source: 'adjustment' as const, note, ...expiryInput(expires) }
    const batch = await ledger.grant(account, { ...terms, ...write })
    return {
      sheet: grantDone(batch),
      figures: { batch: batch.id, amount: formatAmount(batch.allocated), type: batch.type },
    }
  },
})
