import { z } from 'zod'
import { extendDone, extendPlan } from '../views/admin/extend.ts'
import { adminAction } from './action.ts'
import { findActiveBatch } from './active-batch.ts'
import { type Expiry, expiryFrom, expiryInput, readExpiry } from './expiry.ts'
import { accountField, batchField, readableBy, reasonField } from './fields.ts'
import { plainText, splitReason, splitTarget } from './words.ts'

export const extendAction = adminAction({
  name: 'extend',
  summary: 'change when a batch expires',
  usage: '[@user|ACCOUNT] BATCH 30d|DATE|never REASON',
  example: 'extend 019abc12-0000-7000-8000-000000000000 30d pilot goes on',
  title: 'Extend a batch',
  verb: 'Extend',
  form: ['expires', 'reason'],
  optional: [],
  isAboutAccount: false,
  shape: z.strictObject({
    account: accountField,
    batch: batchField,
    expires: readableBy(readExpiry, 'Say until when: 30d from now, a date such as 2027-01-31, or never.'),
    reason: reasonField,
  }),
  fieldsOf(words) {
    const { account, rest } = splitTarget(words)
    const [batch, expires, ...others] = rest
    return {
      ...(account === undefined ? {} : { account }),
      ...(batch === undefined ? {} : { batch }),
      ...(expires === undefined ? {} : { expires: plainText([expires]) }),
      ...splitReason(others),
    }
  },
  async preview(ledger, { account, batch: id, expires, reason }) {
    const batch = await findActiveBatch(ledger, account, id)
    return extendPlan(batch, expiryFrom(expires, new Date()), reason)
  },
  async perform(ledger, { account, batch: id, expires, reason }, write) {
    const batch = await ledger.extendBatch(account, id, { ...extensionInput(expires), reason, ...write })
    return {
      sheet: extendDone(batch, reason),
      figures: { batch: batch.id, expiresAt: batch.expiresAt?.toISOString() ?? 'never' },
    }
  },
})

const extensionInput = (expiry: Expiry) =>
  expiry === 'never' ? { never: true as const } : expiryInput(expiry)
