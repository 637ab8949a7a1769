import { readBalanceReport } from '../balance-report.ts'
import { balanceView } from '../views/balance.ts'
import { takesNoWords } from '../views/notices.ts'
import type { Subcommand } from './subcommand.ts'

export const balanceCommand: Subcommand = {
  name: 'balance',
  summary: 'what is available, held and settled, how long it lasts, and what expires next',
  async answer({ services, account, words }) {
    if (words.length > 0) return takesNoWords('balance')
    const report = await readBalanceReport(services.ledger, account)
    return balanceView(report, services.settings.addCreditUrl)
  },
}
