import { z } from 'zod'
import { formatAmount } from '../../src/amount.ts'
import { thresholdDone, thresholdPlan } from '../views/admin/threshold.ts'
import { adminAction } from './action.ts'
import { readThreshold } from './alert-threshold.ts'
import { accountField, readableBy } from './fields.ts'
import { plainText, targetOf } from './words.ts'

/** What cannot be an account's name here. */
const LINE_WORD = /^(default|off|[-+]?[\d.,]+%?)$/i

export const thresholdAction = adminAction({
  name: 'threshold',
  summary: 'set from where on an account counts as low',
  usage: '[@user|ACCOUNT] AMOUNT|PERCENT%|default|off',
  example: 'threshold 20%',
  title: 'Low-balance threshold',
  verb: 'Set threshold',
  form: ['line'],
  optional: [],
  isAboutAccount: true,
  shape: z.strictObject({
    account: accountField,
    line: readableBy(
      readThreshold,
      'Say from where on: an amount such as 50, a percentage such as 20%, or default.',
    ),
  }),
  fieldsOf([first, ...rest]) {
    if (first === undefined) return {}
    if (LINE_WORD.test(first)) return { line: plainText([first, ...rest]) }
    return { account: targetOf(first), ...(rest.length === 0 ? {} : { line: plainText(rest) }) }
  },
  async preview(ledger, { account, line }) {
    const [current, balance] = await Promise.all([ledger.alertLine(account), ledger.balance(account)])
    return thresholdPlan(current, line, balance)
  },
  async perform(ledger, { account, line }, write) {
    const set = await ledger.setAlertLine(account, { ...line, ...write })
    return {
      sheet: thresholdDone(set),
      figures: { line: formatAmount(set.line), percent: String(set.percent) },
    }
  },
})
