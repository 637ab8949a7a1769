import { micro } from '../../amount.ts'
import type { Hold } from '../../types.ts'
import { closeHold, type OpenHold } from '../account-state.ts'
import { type AccountView, NeedsLock, type Operation, type RowRequest } from '../operation.ts'
import { holdClosed, holdNotFound } from '../refusals.ts'
import { detailOfHold } from '../stored-rows.ts'

interface Seed {
  readonly hold: OpenHold
  readonly state: 'released' | 'lapsed'
}

/** Frees a hold of a call that cost nothing. A hold is its release's key. */
export class Release implements Operation<Seed, Hold> {
  readonly name = 'release'
  readonly account: string
  readonly keyed = null
  readonly rememberable = true
  readonly subject: string

  constructor(account: string, holdId: string) {
    this.account = account
    this.subject = holdId
  }

  rows(): RowRequest {
    return { hold: this.subject }
  }

  apply({ state, posting, rows }: AccountView): Seed {
    const hold = state.holds.get(this.subject)
    if (!hold) {
      if (!rows) throw new NeedsLock()
      if (rows.charges.has(this.subject)) throw holdClosed('hold_captured', this.account, this.subject)
      const closing = rows.closings.get(this.subject)
      if (!closing) throw holdNotFound(this.account, this.subject)
      return { hold: closing.hold, state: closing.kind === 'lapse' ? 'lapsed' : 'released' }
    }
    closeHold(state, hold)
    posting.closeHold(state, hold.id)
    posting.entry(state, {
      kind: 'release',
      amount: hold.amount,
      holdId: hold.id,
      detail: detailOfHold(hold),
    })
    return { hold, state: 'released' }
  }

  answer({ hold, state }: Seed): Hold {
    return holdOf(this.account, hold, state)
  }
}

export const holdOf = (account: string, hold: OpenHold, state: Hold['state']): Hold => ({
  id: hold.id,
  account,
  amount: micro(hold.amount),
  category: hold.category,
  state,
  authorizedAt: new Date(hold.authorizedAt),
  expiresAt: new Date(hold.expiresAt),
})
