import type { Command } from 'commander'
import type { Shell } from '../shell.ts'
import { receiptView } from '../views/receipt.ts'

export function addExplain(program: Command, shell: Shell): void {
  program
    .command('explain')
    .description('the receipt of a charge: what was used, what it cost, which batches paid')
    .argument('<account>', 'who was charged')
    .argument('<charge>', 'id of the charge')
    .action(async (account: string, chargeId: string) => {
      await shell.ask((ledger) => ledger.explain(account, chargeId), receiptView)
    })
}
