import type { types } from '@slack/bolt'
import type { Alert } from '../../src/types.ts'
import { alertWords } from './alerts/words.ts'
import {
  addCreditButton,
  balanceFields,
  type BalanceReport,
  balanceTitle,
  nextExpiryLine,
  warnings,
} from './balance.ts'
import { type BatchList, batchSection, OPEN_BATCHES_ACTION } from './batches.ts'
import {
  actions,
  button,
  commandButton,
  context,
  divider,
  escapeText,
  header,
  localDay,
  localMoment,
  section,
} from './blocks.ts'
import { expiryLines, lastingUntilLine } from './forecast.ts'

/** Batches on the App Home; the modal has them all. */
export const HOME_BATCHES = 5

/** An account has an open alert of a few kinds; a view has 100 blocks. */
const ALERTS_MAX = 10

export interface HomeContent {
  readonly report: BalanceReport
  /** The next to be spent. */
  readonly batches: BatchList
  /** The open ones. */
  readonly alerts: readonly Alert[]
  /** The usage of the last 30 days. */
  readonly usage: readonly types.KnownBlock[]
}

/** My Credit, the App Home. Nothing in it changes just because time passes. */
export function homeView(content: HomeContent, addCreditUrl?: string): types.HomeView {
  const { report, batches, alerts, usage } = content
  const { balance, forecast, expiries } = report
  return {
    type: 'home',
    blocks: [
      header(`My Credit: ${balanceTitle(balance)}`),
      balanceFields(balance),
      ...warnings(balance).map((warning) => section(`:warning: ${warning}`)),
      ...alerts.slice(0, ALERTS_MAX).map((alert) => section(alertLine(alert, report))),
      context([
        ...lastingUntilLine(balance, forecast, localDay),
        nextExpiryLine(balance, localMoment),
        ...expiryLines(expiries, localDay),
        `Account \`${escapeText(balance.account)}\`. Available is settled less held.`,
      ]),
      actions([
        button('View active credits', OPEN_BATCHES_ACTION),
        commandButton('Send me my usage', 'usage'),
        ...addCreditButton(addCreditUrl),
      ]),
      divider,
      ...nextBatches(batches),
      divider,
      ...usage,
    ],
  }
}

/** Its headline only: the numbers in an alert's message change just because time passes. */
function alertLine(alert: Alert, { balance, forecast, at }: BalanceReport): string {
  const { sign, title } = alertWords({ alert, balance, forecast, now: at, topAgents: [], topUsers: [] })
  return `${sign} *${title}*, since ${localDay(alert.raisedAt)}.`
}

function nextBatches({ batches, hasMore }: BatchList): types.KnownBlock[] {
  if (batches.length === 0) return [section('No active credit.')]
  const more = hasMore
    ? `The next ${batches.length} to be spent; there are more.`
    : 'In the order they are spent.'
  return [header('Active Credits'), ...batches.map(batchSection), context([more])]
}
