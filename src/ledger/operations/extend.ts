import type { Hold } from '../../types.ts'
import type { OpenHold } from '../account-state.ts'
import { type AccountView, NeedsLock, type Operation, type RowRequest } from '../operation.ts'
import { holdClosed, holdNotFound } from '../refusals.ts'
import { holdOf } from './release.ts'

/** Gives a hold of a running call a new time to live from now; never a shorter one. Needs no key: twice is once. */
export class Extend implements Operation<OpenHold, Hold> {
  readonly name = 'extend'
  readonly account: string
  readonly keyed = null
  readonly rememberable = true
  readonly subject: string
  private readonly ttlMs: number

  constructor(account: string, holdId: string, ttlMs: number) {
    this.account = account
    this.subject = holdId
    this.ttlMs = ttlMs
  }

  rows(): RowRequest {
    return { hold: this.subject }
  }

  apply({ state, at, posting, rows }: AccountView): OpenHold {
    const hold = state.holds.get(this.subject)
    if (!hold) {
      if (!rows) throw new NeedsLock()
      if (rows.charges.has(this.subject)) throw holdClosed('hold_captured', this.account, this.subject)
      const closing = rows.closings.get(this.subject)
      if (!closing) throw holdNotFound(this.account, this.subject)
      throw holdClosed(closing.kind === 'lapse' ? 'hold_lapsed' : 'hold_released', this.account, this.subject)
    }
    posting.extendHold(state, hold.id, this.ttlMs)
    state.holds.set(hold.id, { ...hold, expiresAt: Math.max(hold.expiresAt, at + this.ttlMs) })
    return hold
  }

  answer(hold: OpenHold, at: Date): Hold {
    return holdOf(
      this.account,
      { ...hold, expiresAt: Math.max(hold.expiresAt, at.getTime() + this.ttlMs) },
      'open',
    )
  }
}
