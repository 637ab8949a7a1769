import { micro } from '../../amount.ts'
import { newCallId } from '../../ids.ts'
import type { Attribution, Category, Hold } from '../../types.ts'
import { type OpenHold, openHold } from '../account-state.ts'
import type { AccountView, KeyedInput, Operation, Replay, RowRequest } from '../operation.ts'
import { refusalOf } from '../refusals.ts'

export interface AuthorizeCommand {
  readonly account: string
  readonly amount: bigint
  readonly category: Category
  readonly ttlMs: number
  readonly attribution: Attribution | null
  readonly keyed: KeyedInput | null
}

interface Seed {
  readonly id: string
  readonly amount: bigint | string
  readonly category: Category
  readonly ttlMs: number
}

/** Reserves an amount, if it is available. */
export class Authorize implements Operation<Seed, Hold> {
  readonly name = 'authorize'
  readonly account: string
  readonly keyed: KeyedInput | null
  readonly rememberable = true
  readonly subject = newCallId()
  private readonly command: AuthorizeCommand

  constructor(command: AuthorizeCommand) {
    this.account = command.account
    this.keyed = command.keyed
    this.command = command
  }

  rows(unknown: boolean): RowRequest {
    return unknown && !this.keyed ? { hold: this.subject } : {}
  }

  replay({ state, rows }: AccountView): Replay<Seed> | undefined {
    const hold = state.holds.get(this.subject) ?? rows?.closings.get(this.subject)?.hold
    return hold && { seed: this.seed(), at: new Date(hold.authorizedAt) }
  }

  apply({ state, at, posting }: AccountView): Seed {
    const { amount, ttlMs } = this.command
    const refusal = refusalOf(state, amount)
    if (refusal) throw refusal
    const hold: OpenHold = {
      id: this.subject,
      amount,
      category: this.command.category,
      authorizedAt: at,
      expiresAt: at + ttlMs,
      attribution: this.command.attribution,
    }
    openHold(state, hold)
    state.nextLapse = Math.min(state.nextLapse, Math.max(hold.expiresAt - CLOCK_SLACK_MS, at))
    posting.openHold(state, hold, ttlMs)
    return this.seed()
  }

  answer(seed: Seed, at: Date): Hold {
    return {
      id: seed.id,
      account: this.account,
      amount: micro(BigInt(seed.amount)),
      category: seed.category,
      state: 'open',
      authorizedAt: at,
      expiresAt: new Date(at.getTime() + seed.ttlMs),
    }
  }

  private seed(): Seed {
    return {
      id: this.subject,
      amount: this.command.amount,
      category: this.command.category,
      ttlMs: this.command.ttlMs,
    }
  }
}

/** `nextLapse` must not be later than the row's, and the row's time is read after the estimate was made. */
const CLOCK_SLACK_MS = 5_000
