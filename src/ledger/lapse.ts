import { closeHold, type OpenHold } from './account-state.ts'
import type { AccountView } from './operation.ts'
import { detailOfHold } from './stored-rows.ts'

/**
 * Ends the holds whose time is over. They are no longer held from that instant on, whoever looks first.
 *
 * @param holds all open holds of the account
 * @returns how many lapsed
 */
export function lapseDue(view: Omit<AccountView, 'lapsed'>, holds: readonly OpenHold[]): number {
  const { state, at, posting, rows } = view
  state.nextLapse = Number.POSITIVE_INFINITY
  state.holds.clear()
  let lapsed = 0
  for (const hold of holds) {
    if (hold.expiresAt > at) {
      state.nextLapse = Math.min(state.nextLapse, hold.expiresAt)
      state.holds.set(hold.id, hold)
      continue
    }
    closeHold(state, hold)
    posting.closeHold(state, hold.id)
    posting.entry(state, { kind: 'lapse', amount: hold.amount, holdId: hold.id, detail: detailOfHold(hold) })
    rows?.closings.set(hold.id, { kind: 'lapse', hold })
    lapsed += 1
  }
  return lapsed
}
