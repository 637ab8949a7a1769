import { newCallId } from '../../ids.ts'
import type { Charge } from '../../types.ts'
import { book, type BookedCharge, type BookingLine, chargeOf } from '../booking.ts'
import type { AccountView, KeyedInput, Operation, Replay, RowRequest } from '../operation.ts'
import { refusalOf } from '../refusals.ts'

interface Seed {
  readonly charge: BookedCharge
}

/** Authorizes and captures in one: refused like an authorize, so it never makes debt. */
export class ChargeNow implements Operation<Seed, Charge> {
  readonly name = 'charge'
  readonly account: string
  readonly keyed: KeyedInput | null
  readonly rememberable = true
  readonly subject = newCallId()
  private readonly line: BookingLine

  constructor(account: string, line: BookingLine, keyed: KeyedInput | null) {
    this.account = account
    this.line = line
    this.keyed = keyed
  }

  rows(unknown: boolean): RowRequest {
    return unknown && !this.keyed ? { charge: this.subject } : {}
  }

  replay({ rows }: AccountView): Replay<Seed> | undefined {
    const charge = rows?.charges.get(this.subject)?.[0]
    return charge && { seed: { charge }, at: charge.chargedAt }
  }

  apply(view: AccountView): Seed {
    const refusal = refusalOf(view.state, this.line.amount)
    if (refusal) throw refusal
    const [charge] = book(view, [this.line], () => this.subject)
    if (!charge) throw new Error('A charge of one line books one charge.')
    return { charge }
  }

  answer(seed: Seed, at: Date): Charge {
    return chargeOf(this.account, seed.charge, at)
  }
}
