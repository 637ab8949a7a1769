import { type AlertLevel, alertLevel, alertLine, alertPercent } from '../../alert-line.ts'
import { micro } from '../../amount.ts'
import type { AlertLine } from '../../types.ts'
import { settledCredit } from '../account-state.ts'
import type { AccountView, KeyedInput, Operation } from '../operation.ts'

export interface SetAlertLineCommand {
  readonly account: string
  /** Undefined: as it is. */
  readonly amount: bigint | null | undefined
  readonly percent: number | null | undefined
  readonly actor: string | undefined
  readonly keyed: KeyedInput
}

/** What the key keeps; who set it included, as no entry of the ledger says so. */
interface AlertLineSeed {
  readonly amount: bigint | string | null
  readonly percent: number | null
  readonly base: bigint | string
  readonly level: AlertLevel
  readonly actor?: string | undefined
}

/** Says where an account's low-balance alert begins. The level follows at once. */
export class SetAlertLine implements Operation<AlertLineSeed, AlertLine> {
  readonly name = 'setAlertLine'
  readonly account: string
  readonly keyed: KeyedInput
  readonly rememberable = false
  readonly subject = 'alertLine'
  private readonly command: SetAlertLineCommand

  constructor(command: SetAlertLineCommand) {
    this.account = command.account
    this.keyed = command.keyed
    this.command = command
  }

  apply({ state, posting }: AccountView): AlertLineSeed {
    const { amount, percent, actor } = this.command
    const { alert } = state
    if (amount !== undefined) alert.amount = amount
    if (percent !== undefined) alert.percent = percent
    alert.isChanged = true
    posting.touch(state)
    return {
      amount: alert.amount,
      percent: alert.percent,
      base: alert.base,
      level: alertLevel(settledCredit(state), alert, alert.level),
      actor,
    }
  }

  answer({ amount, percent, base, level }: AlertLineSeed): AlertLine {
    return alertLineOf(this.account, {
      amount: amount === null ? null : BigInt(amount),
      percent,
      base: BigInt(base),
      level,
    })
  }
}

/** As it is shown. */
export const alertLineOf = (
  account: string,
  terms: { amount: bigint | null; percent: number | null; base: bigint; level: AlertLevel },
): AlertLine => ({
  account,
  amount: terms.amount === null ? null : micro(terms.amount),
  percent: alertPercent(terms),
  base: micro(terms.base),
  line: micro(alertLine(terms)),
  level: terms.level,
})
