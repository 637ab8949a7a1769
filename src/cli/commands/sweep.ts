import type { Command } from 'commander'
import type { SweepReport } from '../../types.ts'
import type { Shell } from '../shell.ts'
import { counted, exactAmount } from '../views/text.ts'

export function addSweep(program: Command, shell: Shell): void {
  program
    .command('sweep')
    .description('write down what has expired, and end holds that have lapsed')
    .action(async () => {
      await shell.ask((ledger) => ledger.sweep(), sweptView)
    })
}

const sweptView = ({ accounts, expiredBatches, expiredAmount, lapsedHolds }: SweepReport): string =>
  `Swept ${counted(accounts, 'account')}: ${counted(expiredBatches, 'batch', 'batches')} expired ` +
  `(${exactAmount(expiredAmount)} credits), ${counted(lapsedHolds, 'hold')} lapsed.`
