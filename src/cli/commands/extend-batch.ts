import { Option } from 'commander'
import type { Command } from 'commander'
import type { Batch } from '../../types.ts'
import type { Shell } from '../shell.ts'
import { batchBlock } from '../views/batches.ts'

interface ExtendBatchOptions {
  expiresIn?: string
  expiresAt?: string
  never?: true
  key: string
  reason: string
  actor?: string
}

export function addExtendBatch(program: Command, shell: Shell): void {
  program
    .command('extend-batch')
    .description('give a batch another expiry: one of --expires-in, --expires-at and --never')
    .argument('<account>', 'whose batch')
    .argument('<batch>', 'id of the batch')
    .addOption(
      new Option('--expires-in <duration>', 'how long it lasts from now').conflicts(['expiresAt', 'never']),
    )
    .addOption(new Option('--expires-at <time>', 'when it expires').conflicts('never'))
    .option('--never', 'it does not expire')
    .requiredOption('--key <key>', 'the same key with the same input extends once')
    .requiredOption('--reason <text>', 'why, for the ledger')
    .option('--actor <name>', 'who does this, for the ledger')
    .action(async (account: string, batchId: string, options: ExtendBatchOptions) => {
      const { expiresIn, expiresAt, never, key, reason, actor } = options
      await shell.ask(
        (ledger) => ledger.extendBatch(account, batchId, { expiresIn, expiresAt, never, key, reason, actor }),
        extendedView,
      )
    })
}

const extendedView = (batch: Batch): string =>
  batchBlock(`Changed the expiry of a batch of ${batch.account}`, batch)
