import type { CreditLedger } from '../../src/credits.ts'
import type { Alert } from '../../src/types.ts'
import type { AlertState, Used } from '../views/alerts/state.ts'

/** "Now" in "why now": time zones differ among those who read it, a day is a day. */
const LOOKS_BACK_MS = 24 * 60 * 60 * 1000
const NAMES_MAX = 3

/** What an alert's message is made of, as of now. */
export async function readAlertState(
  ledger: CreditLedger,
  alert: Alert,
  now = new Date(),
): Promise<AlertState> {
  const { account } = alert
  const from = new Date(now.getTime() - LOOKS_BACK_MS)
  const [balance, forecast, topAgents, topUsers] = await Promise.all([
    ledger.balance(account),
    ledger.forecast(account),
    ledger.topUsage(account, { from, by: 'agent', limit: NAMES_MAX }),
    ledger.topUsage(account, { from, by: 'user', limit: NAMES_MAX }),
  ])
  return { alert, now, balance, forecast, topAgents: named(topAgents), topUsers: named(topUsers) }
}

const named = (rows: readonly { name: string | null; amount: bigint }[]): Used[] =>
  rows.flatMap(({ name, amount }) => (name === null ? [] : [{ name, amount }]))
