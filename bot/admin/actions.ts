import type { AdminAction, AdminActionName } from './action.ts'
import { extendAction } from './extend.ts'
import { grantAction } from './grant.ts'
import { refundAction } from './refund.ts'
import { thresholdAction } from './threshold.ts'
import { voidAction } from './void.ts'

/** All that admins do, in the order in which the help lists it. */
export const ADMIN_ACTIONS: Readonly<Record<AdminActionName, AdminAction>> = {
  grant: grantAction,
  void: voidAction,
  refund: refundAction,
  extend: extendAction,
  threshold: thresholdAction,
}
