import { chargeIdOfHold, newCallId } from '../../ids.ts'
import type { Charge } from '../../types.ts'
import { book, type BookedCharge, type BookingLine, checkDebt, chargeOf } from '../booking.ts'
import type { AccountView, KeyedInput, Operation } from '../operation.ts'

interface Seed {
  readonly charges: readonly BookedCharge[]
}

/** Books what a provider has been paid for already, without a hold: never refused for lack of credit. */
export class Book implements Operation<Seed, Charge[]> {
  readonly name = 'book'
  readonly account: string
  readonly keyed: KeyedInput
  readonly rememberable = true
  readonly subject = newCallId()
  private readonly lines: readonly BookingLine[]

  constructor(account: string, lines: readonly BookingLine[], keyed: KeyedInput) {
    this.account = account
    this.lines = lines
    this.keyed = keyed
  }

  apply(view: AccountView): Seed {
    checkDebt(view.state.debt, this.lines)
    return { charges: book(view, this.lines, (n) => chargeIdOfHold(this.subject, n)) }
  }

  answer({ charges }: Seed, at: Date): Charge[] {
    return charges.map((charge) => chargeOf(this.account, charge, at))
  }
}
