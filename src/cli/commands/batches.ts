import type { Command } from 'commander'
import type { Shell } from '../shell.ts'
import { batchesTable } from '../views/batches.ts'
import { wholeNumber } from '../whole-number.ts'

/** As many as the ledger lists at a time. */
const PAGE_MAX = 1000

interface BatchesOptions {
  all?: boolean
  limit: number
  offset: number
}

export function addBatches(program: Command, shell: Shell): void {
  program
    .command('batches')
    .description('the batches of an account, in the order in which they are spent')
    .argument('<account>', 'whose batches')
    .option('--all', 'also those that are spent, expired or voided')
    .option('--limit <count>', 'how many at most', wholeNumber(1, PAGE_MAX), PAGE_MAX)
    .option('--offset <count>', 'how many to leave out before the first', wholeNumber(0), 0)
    .action(async (account: string, { all = false, limit, offset }: BatchesOptions) => {
      await shell.ask(
        (ledger) => ledger.batches(account, { all, limit, offset }),
        (batches) => {
          const next = batches.length === limit ? offset + limit : null
          return batchesTable(account, batches, { all, offset, next })
        },
      )
    })
}
