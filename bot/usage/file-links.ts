import type { Links } from '../services.ts'
import { readDay } from './days.ts'
import { absoluteWords, type Period } from './period.ts'

/** Where files are served; each path is signed, so an address of one opens no other. */
export const FILES_PATH = '/files'
export const CHART_PATH = `${FILES_PATH}/chart.png`
export const CHARGES_PATH = `${FILES_PATH}/charges.csv`

/** What a file is made of. */
export interface FileQuestion {
  readonly account: string
  readonly period: Period
}

/** @returns an address that shows it to whoever has the address */
export const signFile = (
  links: Links,
  path: string,
  { account, period }: FileQuestion,
  lifetimeMs: number,
): string =>
  links.sign(path, { account, from: period.from, to: period.to, timeZone: period.timeZone }, lifetimeMs)

/** Undefined where the parameters are of another version of this server. */
export function readFileQuestion(parameters: Readonly<Record<string, string>>): FileQuestion | undefined {
  const { account, from: first = '', to: last = '', timeZone } = parameters
  const [from, to] = [readDay(first), readDay(last)]
  if (account === undefined || timeZone === undefined || from === undefined || to === undefined)
    return undefined
  return { account, period: { from, to, timeZone, words: absoluteWords({ from, to }) } }
}
