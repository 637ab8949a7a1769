import { alertLine, alertPercent } from '../../../src/alert-line.ts'
import { displayAmount } from '../../../src/amount.ts'
import type { AlertLine, Balance } from '../../../src/types.ts'
import { credits } from '../blocks.ts'
import { accountFact, exactCredits, type Sheet, warning } from './sheet.ts'

interface Planned {
  readonly amount: bigint | null
  readonly percent: number | null
}

export function thresholdPlan(current: AlertLine, planned: Planned, { settled }: Balance): Sheet {
  const line = alertLine({ ...planned, base: current.base })
  return {
    title: 'Change from where on an account is low',
    facts: [
      accountFact(current.account),
      ['Threshold now', thresholdText(current, current.line)],
      ['Threshold then', thresholdText(planned, line)],
      ['Settled', displayAmount(settled)],
    ],
    remarks: settled < line ? [warning('It is low by that: an alert will say so at once.')] : [],
  }
}

export const thresholdDone = (set: AlertLine): Sheet => ({
  title: 'Changed from where on an account is low',
  facts: [accountFact(set.account), ['Threshold', thresholdText(set, set.line)]],
  remarks: [],
})

/** @example thresholdText({ amount: null, percent: 20 }, 20_000_000n) // '20 % of the last grants, now 20 credits' */
function thresholdText(planned: Planned, line: bigint): string {
  const { amount } = planned
  const percent = alertPercent(planned)
  if (percent === 0) return amount === null ? 'off' : exactCredits(amount)
  const share = `${percent} % of the last grants`
  const both = amount === null ? share : `the higher of ${exactCredits(amount)} and ${share}`
  return `${both}, now ${credits(line)}`
}
