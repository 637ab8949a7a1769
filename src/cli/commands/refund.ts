import type { Command } from 'commander'
import type { Shell } from '../shell.ts'
import { refundView } from '../views/refund.ts'

interface RefundOptions {
  key: string
  reason: string
  newBatch?: true
  expiresIn?: string
  actor?: string
}

export function addRefund(program: Command, shell: Shell): void {
  program
    .command('refund')
    .description('give back what a charge took, or part of it')
    .argument('<account>', 'who was charged')
    .argument('<charge>', 'id of the charge')
    .argument('[amount]', 'how much, in credits (default: all that is left to refund)')
    .requiredOption('--key <key>', 'the same key with the same input refunds once')
    .requiredOption('--reason <text>', 'why, for the ledger')
    .option('--new-batch', 'give what would come back to expired or voided batches as new ones')
    .option('--expires-in <duration>', 'how long the new batches last')
    .option('--actor <name>', 'who does this, for the ledger')
    .action(
      async (
        account: string,
        chargeId: string,
        amount: string | undefined,
        options: RefundOptions,
        command: Command,
      ) => {
        const { key, reason, expiresIn, actor } = options
        if (expiresIn !== undefined && options.newBatch === undefined) {
          command.error("error: option '--expires-in <duration>' needs option '--new-batch'")
        }
        const newBatch = options.newBatch === true ? { expiresIn } : undefined
        await shell.ask(
          (ledger) => ledger.refund(account, chargeId, { amount, reason, key, actor, newBatch }),
          refundView,
        )
      },
    )
}
