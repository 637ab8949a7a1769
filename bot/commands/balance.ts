import { balanceView } from '../views/balance.ts'
import { takesNoWords } from '../views/notices.ts'
import type { Subcommand } from './subcommand.ts'

export const balanceCommand: Subcommand = {
  name: 'balance',
  summary: 'what is available, held and settled, and what expires next',
  async answer({ services, account, words }) {
    return words.length > 0 ? takesNoWords('balance') : balanceView(await services.ledger.balance(account))
  },
}
