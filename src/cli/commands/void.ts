import type { Command } from 'commander'
import type { Batch } from '../../types.ts'
import type { Shell } from '../shell.ts'
import { batchBlock } from '../views/batches.ts'

interface VoidOptions {
  key: string
  reason: string
  amount?: string
  actor?: string
}

export function addVoid(program: Command, shell: Shell): void {
  program
    .command('void')
    .description('cancel what remains of a batch, or a part of it')
    .argument('<account>', 'whose batch')
    .argument('<batch>', 'id of the batch')
    .requiredOption('--key <key>', 'the same key with the same input voids once')
    .requiredOption('--reason <text>', 'why, for the ledger')
    .option('--amount <amount>', 'only so much, in credits; the batch stays open')
    .option('--actor <name>', 'who does this, for the ledger')
    .action(async (account: string, batchId: string, options: VoidOptions) => {
      const { key, reason, amount, actor } = options
      await shell.ask(
        (ledger) => ledger.void(account, batchId, { key, reason, amount, actor }),
        amount === undefined ? voidedView : partVoidedView,
      )
    })
}

const voidedView = (batch: Batch): string => batchBlock(`Voided a batch of ${batch.account}`, batch)

const partVoidedView = (batch: Batch): string =>
  batchBlock(`Voided a part of a batch of ${batch.account}`, batch)
