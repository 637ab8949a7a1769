/** When a balance is low, a second time: with the bounds in thousandths, and a search instead of comparisons. */
import { isDeepStrictEqual } from 'node:util'
import { micro } from '../../src/amount.ts'
import type { AlertLine } from '../../src/types.ts'
import type { SetAlertLine } from './operation.ts'
import { debtOf, type ModelAccount, type ModelAlert, unexpiredCredit } from './state.ts'

type Level = AlertLine['level']
type Terms = Pick<ModelAlert, 'amount' | 'percent' | 'base'>

const settledCredit = (account: ModelAccount, now: number): bigint =>
  unexpiredCredit(account, now) - debtOf(account)

const percentOf = ({ amount, percent }: Terms): number => percent ?? (amount === null ? 20 : 0)

function lineOf(terms: Terms): bigint {
  const lines = [terms.amount ?? 0n, (terms.base * BigInt(percentOf(terms))) / 100n]
  return lines.toSorted((a, b) => Number(b - a))[0]!
}

/** Of the bounds of each level, in thousandths of the line, the worst that a balance has not reached. */
function levelBelow(settled: bigint, line: bigint, bounds: readonly [low: bigint, critical: bigint]): Level {
  if (settled <= 0n) return 3
  const reached = (bound: bigint) => settled * 1000n >= line * bound
  return bounds.findLastIndex((bound) => !reached(bound)) === -1 ? 0 : reached(bounds[1]) ? 1 : 2
}

/** Worse at once, better only above the band, or with all that there was after the last grants. */
function nextLevel(account: ModelAccount, now: number, before: Level): Level {
  const settled = settledCredit(account, now)
  const { alert } = account
  const line = lineOf(alert)
  const hadNone = alert.amount === null && alert.base === 0n
  if (hadNone && settled === 0n) return 0
  const least = levelBelow(settled, line, [1000n, 250n])
  const hasAll = settled > 0n && settled >= alert.base && line <= alert.base
  const most = hasAll ? 0 : levelBelow(settled, line, [1100n, 275n])
  return before < least ? least : before > most ? most : before
}

const nextLevels = (account: ModelAccount, now: number): Level[] =>
  [...account.alert.levels].map((level) => nextLevel(account, now, level))

/** The level moves with a write: it must have when all is written, and may have after each operation. */
export function moveLevel(account: ModelAccount, now: number, how: 'must' | 'may'): void {
  const { alert } = account
  const stays = how === 'may' ? alert.levels : []
  alert.levels = new Set([...stays, ...nextLevels(account, now)])
}

/** Whether the line and level of an account can be those that the ledger tells; then they are. */
export function acceptAlertLine(account: ModelAccount, found: AlertLine, now: number): boolean {
  const { alert } = account
  if (alert.isWritten) moveLevel(account, now, 'must')
  if (!alert.levels.has(found.level)) return false
  alert.levels = new Set([found.level])
  alert.isWritten = false
  return isDeepStrictEqual(alertLine(account), found)
}

/** A grant that leaves an account low is none to measure by. */
export function rebase(account: ModelAccount, now: number): void {
  const settled = settledCredit(account, now)
  if (settled > 0n && settled * 1000n >= lineOf(account.alert) * 1100n) account.alert.base = settled
}

export function setAlertLine(account: ModelAccount, { input }: SetAlertLine): Omit<AlertLine, 'level'> {
  const { alert } = account
  if (input.amount !== undefined) alert.amount = input.amount
  if (input.percent !== undefined) alert.percent = input.percent
  return lineAnswer(account)
}

/** @throws Error while its level is open */
export function alertLine(account: ModelAccount): AlertLine {
  const [level, ...others] = account.alert.levels
  if (level === undefined || others.length > 0) throw new Error(`${account.name} may be of several levels`)
  return { ...lineAnswer(account), level }
}

const lineAnswer = ({ name, alert }: ModelAccount): Omit<AlertLine, 'level'> => ({
  account: name,
  amount: alert.amount === null ? null : micro(alert.amount),
  percent: percentOf(alert),
  base: micro(alert.base),
  line: micro(lineOf(alert)),
})
