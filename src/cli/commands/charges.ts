import { type Command, Option } from 'commander'
import type { Shell } from '../shell.ts'
import { chargesTable } from '../views/charges.ts'
import { wholeNumber } from '../whole-number.ts'

/** As many as the ledger lists at a time. */
const PAGE_MAX = 1000
const PAGE_DEFAULT = 50

interface ChargesOptions {
  from?: string
  to?: string
  limit: number
  after?: string
  csv?: boolean
}

export function addCharges(program: Command, shell: Shell): void {
  program
    .command('charges')
    .description('the charges of an account, in the order in which their calls were authorised')
    .argument('<account>', 'who was charged')
    .option('--from <time>', 'charged from then on (default: from the first one)')
    .option('--to <time>', 'charged before then (default: to the last one)')
    .option('--limit <count>', 'how many at most', wholeNumber(1, PAGE_MAX), PAGE_DEFAULT)
    .option('--after <charge>', 'begin after this charge: the last one of the page before')
    .addOption(
      new Option('--csv', 'all of them, as comma-separated values').conflicts(['limit', 'after', 'json']),
    )
    .action(async (account: string, { from, to, limit, after, csv }: ChargesOptions) => {
      if (csv === true) {
        return shell.pour((ledger) => ledger.chargesCsv(account, { from, to }))
      }
      await shell.ask(
        (ledger) => ledger.charges(account, { from, to, limit, after }),
        (page) => chargesTable(account, page),
      )
    })
}
