import type { Command } from 'commander'
import type { Shell } from '../shell.ts'
import { pricingTable } from '../views/pricing.ts'

interface SetOptions {
  account?: string
  creditsPerDollar?: string
  markup?: string
  from?: string
}

/** The word for having no value of one's own. */
const DEFAULT = 'default'

/** How dollars become credits. */
export function addPricing(program: Command, shell: Shell): void {
  const pricing = program
    .command('pricing')
    .description('how dollars become credits, for all accounts or for one')
  addList(pricing, shell)
  addSet(pricing, shell)
}

function addList(pricing: Command, shell: Shell): void {
  pricing
    .command('list')
    .description('what was set, for all accounts and for each')
    .option('--account <name>', 'of one account')
    .action(async ({ account }: { account?: string }) => {
      await shell.ask((ledger) => ledger.prices.listPricing(account), pricingTable)
    })
}

function addSet(pricing: Command, shell: Shell): void {
  pricing
    .command('set')
    .description(`set one or both, from now or a later time on; "${DEFAULT}" goes back to the general value`)
    .option('--account <name>', 'for one account (default: for all that have nothing of their own)')
    .option('--credits-per-dollar <number>', 'how many credits a dollar is')
    .option('--markup <number>', 'what prices are multiplied by, e.g. 1.2')
    .option('--from <time>', 'from when on it holds (default: now)')
    .action(async ({ account, creditsPerDollar, markup, from }: SetOptions) => {
      const change = { account, creditsPerDollar: valueOf(creditsPerDollar), markup: valueOf(markup), from }
      await shell.ask((ledger) => ledger.prices.setPricing(change), pricingTable)
    })
}

const valueOf = (text: string | undefined): string | null | undefined => (text === DEFAULT ? null : text)
