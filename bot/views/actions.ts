/**
 * Action ids of buttons that one part shows and another answers, with what their values are. A value only says what
 * the button is about: who clicks, and what they may, is checked by the handler.
 */

/** The value is the account. */
export const GRANT_CREDIT_ACTION = 'admin_grant'
export const SET_THRESHOLD_ACTION = 'admin_threshold'

/** The value is a `subjectValue`: a batch, or a charge, and its account. */
export const VOID_BATCH_ACTION = 'admin_void'
export const EXTEND_BATCH_ACTION = 'admin_extend'
export const REFUND_CHARGE_ACTION = 'admin_refund'

/** The id comes first: it has no spaces, and an account may have. */
export const subjectValue = (id: string, account: string): string => `${id} ${account}`

/** Chooses for how long; of its block the id says which alert, as a choice's own value is too short for an account. */
export const SNOOZE_ALERT_ACTION = 'alert_snooze'

/** At most 247 characters: an account has at most 200. */
export const snoozeBlockId = ({ id, account }: { id: string; account: string }): string =>
  `alert ${subjectValue(id, account)}`

export function readSnoozeBlockId(blockId: string): { id: string; account: string } | undefined {
  const [, id, account] = /^alert (\S+) (.+)$/s.exec(blockId) ?? []
  return id === undefined || account === undefined ? undefined : { id, account }
}
