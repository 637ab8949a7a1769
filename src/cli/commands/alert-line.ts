import { Option } from 'commander'
import type { Command } from 'commander'
import type { CreditLedger } from '../../credits.ts'
import type { AlertLine } from '../../types.ts'
import type { Shell } from '../shell.ts'
import { alertLineView } from '../views/alert-line.ts'
import { wholeNumber } from '../whole-number.ts'

interface AlertLineOptions {
  /** False: none. */
  amount?: string | false
  percent?: number
  defaultPercent?: true
  key?: string
  actor?: string
}

export function addAlertLine(program: Command, shell: Shell): void {
  program
    .command('alert-line')
    .description('show or set from where on an account is low: the higher of an amount and a percentage')
    .argument('<account>', 'whose line')
    .option('--amount <amount>', 'in credits')
    .option('--no-amount', 'by the percentage only')
    .option('--percent <percent>', 'of what was settled after the last grants', wholeNumber(0, 100))
    .addOption(new Option('--default-percent', 'the default of 20 %, without an amount').conflicts('percent'))
    .option('--key <key>', 'the same key with the same input sets once')
    .option('--actor <name>', 'who does this, for the ledger')
    .action(async (account: string, options: AlertLineOptions) => {
      await shell.ask((ledger) => showOrSet(ledger, account, options), alertLineView)
    })
}

function showOrSet(ledger: CreditLedger, account: string, options: AlertLineOptions): Promise<AlertLine> {
  const { key, actor } = options
  const amount = options.amount === false ? null : options.amount
  const percent = options.defaultPercent ? null : options.percent
  if (amount === undefined && percent === undefined) return ledger.alertLine(account)
  return ledger.setAlertLine(account, { amount, percent, key, actor })
}
