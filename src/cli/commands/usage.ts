import type { Command } from 'commander'
import { USAGE_DIMENSIONS } from '../../types.ts'
import type { UsageDimension } from '../../types.ts'
import type { Shell } from '../shell.ts'
import { usageTable } from '../views/usage.ts'

interface UsageOptions {
  from?: string
  to?: string
  timeZone?: string
  by: string
}

export function addUsage(program: Command, shell: Shell): void {
  program
    .command('usage')
    .description('what an account used, refunds taken off')
    .argument('<account>', 'whose usage')
    .option('--from <time>', 'since when (default: 30 days before --to)')
    .option('--to <time>', 'until when (default: now)')
    .option('--time-zone <name>', 'whose days, e.g. Europe/Berlin, for --by day (default: UTC)')
    .option('--by <list>', `split by any of ${USAGE_DIMENSIONS.join(',')}`, 'category')
    .action(async (account: string, options: UsageOptions) => {
      const { from, to, timeZone } = options
      const by = options.by.split(',').map((dimension) => dimension.trim() as UsageDimension)
      await shell.ask(
        (ledger) => ledger.usage(account, { from, to, timeZone, by }),
        (rows) => usageTable(account, rows, by),
      )
    })
}
