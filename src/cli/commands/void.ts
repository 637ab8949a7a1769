import type { Command } from 'commander'
import type { Batch } from '../../types.ts'
import type { Shell } from '../shell.ts'
import { batchBlock } from '../views/batches.ts'

interface VoidOptions {
  key: string
  reason: string
  actor?: string
}

export function addVoid(program: Command, shell: Shell): void {
  program
    .command('void')
    .description('cancel what remains of a batch')
    .argument('<account>', 'whose batch')
    .argument('<batch>', 'id of the batch')
    .requiredOption('--key <key>', 'the same key with the same input voids once')
    .requiredOption('--reason <text>', 'why, for the ledger')
    .option('--actor <name>', 'who does this, for the ledger')
    .action(async (account: string, batchId: string, options: VoidOptions) => {
      const { key, reason, actor } = options
      await shell.ask((ledger) => ledger.void(account, batchId, { key, reason, actor }), voidedView)
    })
}

const voidedView = (batch: Batch): string => batchBlock(`Voided a batch of ${batch.account}`, batch)
