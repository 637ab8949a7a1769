import { Option } from 'commander'
import type { Command } from 'commander'
import { BATCH_SOURCES, BATCH_TYPES } from '../../types.ts'
import type { Batch, BatchSource, BatchType } from '../../types.ts'
import type { Shell } from '../shell.ts'
import { batchBlock } from '../views/batches.ts'
import { batchTypeName, exactAmount } from '../views/text.ts'

/** As typed, like every command's options: the ledger checks them, so that a bad one is refused with its code. */
interface GrantOptions {
  type: BatchType
  source?: BatchSource
  expiresIn?: string
  expiresAt?: string
  key?: string
  note?: string
  reference?: string
  actor?: string
}

export function addGrant(program: Command, shell: Shell): void {
  program
    .command('grant')
    .description('give an account a batch of credit')
    .argument('<account>', 'who gets it')
    .argument('<amount>', 'how much, in credits')
    .requiredOption('--type <type>', BATCH_TYPES.join(' or '))
    .option('--source <source>', `${BATCH_SOURCES.join(', ')} (default: signup for free, top_up for paid)`)
    .addOption(new Option('--expires-in <duration>', 'how long it lasts').conflicts('expiresAt'))
    .option('--expires-at <time>', 'when it expires')
    .option('--key <key>', 'the same key with the same input grants once')
    .option('--note <text>', 'kept with the batch')
    .option('--reference <text>', 'what paid for it, such as the id of a payment')
    .option('--actor <name>', 'who does this, for the ledger')
    .action(async (account: string, amount: string, options: GrantOptions) => {
      const { type, source, expiresIn, expiresAt, key, note, reference, actor } = options
      const terms = { type, amount, source, expiresIn, expiresAt, key, note, reference, actor }
      await shell.ask((ledger) => ledger.grant(account, terms), grantedView)
    })
}

const grantedView = (batch: Batch): string =>
  batchBlock(
    `Granted ${exactAmount(batch.allocated)} ${batchTypeName(batch.type)} credits to ${batch.account}`,
    batch,
  )
