import type { Command } from 'commander'
import type { Shell } from '../shell.ts'
import { balanceView } from '../views/balance.ts'

export function addBalance(program: Command, shell: Shell): void {
  program
    .command('balance')
    .description('what an account has, holds and owes')
    .argument('<account>', 'whose balance')
    .action(async (account: string) => {
      await shell.ask((ledger) => ledger.balance(account), balanceView)
    })
}
