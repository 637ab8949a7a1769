import type { CreditLedger } from '../src/credits.ts'
import type { BalanceReport } from './views/balance.ts'

type Outlook = Pick<BalanceReport, 'forecast' | 'expiries'>

/** Being read now, by ledger and account. */
const underway = new WeakMap<CreditLedger, Map<string, Promise<Outlook>>>()

/** The balance as of the last capture, and where it goes; read at once. */
export async function readBalanceReport(ledger: CreditLedger, account: string): Promise<BalanceReport> {
  const [balance, outlook] = await Promise.all([ledger.balance(account), readOutlook(ledger, account)])
  return { balance, ...outlook, at: new Date() }
}

/**
 * Many people of one workspace ask at once: who asks while this is being read for another shares it, unlike the
 * balance. It is of a week's use, and then some milliseconds older.
 */
function readOutlook(ledger: CreditLedger, account: string): Promise<Outlook> {
  const ofLedger = underway.get(ledger) ?? new Map<string, Promise<Outlook>>()
  underway.set(ledger, ofLedger)
  const shared = ofLedger.get(account)
  if (shared !== undefined) return shared
  const outlook = readBoth(ledger, account).finally(() => ofLedger.delete(account))
  ofLedger.set(account, outlook)
  return outlook
}

async function readBoth(ledger: CreditLedger, account: string): Promise<Outlook> {
  const [forecast, expiries] = await Promise.all([ledger.forecast(account), ledger.expiries(account)])
  return { forecast, expiries }
}
