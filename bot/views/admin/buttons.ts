import type { types } from '@slack/bolt'
import type { Batch } from '../../../src/types.ts'
import {
  EXTEND_BATCH_ACTION,
  GRANT_CREDIT_ACTION,
  REFUND_CHARGE_ACTION,
  SET_THRESHOLD_ACTION,
  subjectValue,
  VOID_BATCH_ACTION,
} from '../actions.ts'
import { actions, button } from '../blocks.ts'

/** What an admin may do with a batch; nothing with one that is used up, expired or voided. */
export const batchButtons = ({ account, id, state }: Batch): types.ActionsBlock[] =>
  state === 'active'
    ? [
        actions([
          button('Extend', EXTEND_BATCH_ACTION, subjectValue(id, account)),
          { ...button('Void', VOID_BATCH_ACTION, subjectValue(id, account)), style: 'danger' },
        ]),
      ]
    : []

export const refundButton = (charge: { id: string; account: string }): types.Button =>
  button('Refund', REFUND_CHARGE_ACTION, subjectValue(charge.id, charge.account))

export const grantButton = (account: string): types.Button =>
  button('Grant credit', GRANT_CREDIT_ACTION, account)

export const thresholdButton = (account: string): types.Button =>
  button('Change threshold', SET_THRESHOLD_ACTION, account)
