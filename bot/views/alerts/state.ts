import type { Alert, Balance, Forecast } from '../../../src/types.ts'

/** An alert as of now, with what people need to judge it. */
export interface AlertState {
  readonly alert: Alert
  readonly now: Date
  readonly balance: Balance
  readonly forecast: Forecast
  /** Who used most in the last 24 hours, the largest first. */
  readonly topAgents: readonly Used[]
  readonly topUsers: readonly Used[]
}

export interface Used {
  readonly name: string
  readonly amount: bigint
}
