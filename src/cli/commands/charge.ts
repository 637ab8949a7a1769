import type { Command } from 'commander'
import { CATEGORIES } from '../../types.ts'
import type { Category, Charge } from '../../types.ts'
import { addAttributionOptions } from '../attribution-options.ts'
import type { AttributionOptions } from '../attribution-options.ts'
import type { Shell } from '../shell.ts'
import { chargeBlock } from '../views/charge.ts'

interface ChargeOptions extends AttributionOptions {
  category: Category
  key: string
}

export function addCharge(program: Command, shell: Shell): void {
  const command = program
    .command('charge')
    .description('charge an account for a call that is done')
    .argument('<account>', 'who pays')
    .argument('<amount>', 'what it cost, in credits')
    .requiredOption('--category <category>', CATEGORIES.join(', '))
    .requiredOption('--key <key>', 'the same key with the same input charges once')
  addAttributionOptions(command).action(async (account: string, amount: string, options: ChargeOptions) => {
    const { category, key, model, agent, user, conversation } = options
    await shell.ask(
      (ledger) => ledger.charge(account, { amount, category, key, model, agent, user, conversation }),
      chargedView,
    )
  })
}

/** Also what `capture` shows. */
export const chargedView = (charge: Charge): string => chargeBlock(`Charged ${charge.account}`, charge)
