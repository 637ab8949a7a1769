import type { Command } from 'commander'
import { CATEGORIES } from '../../types.ts'
import type { Category, Charge, Hold } from '../../types.ts'
import { addAttributionOptions } from '../attribution-options.ts'
import type { AttributionOptions } from '../attribution-options.ts'
import type { Shell } from '../shell.ts'
import { holdBlock } from '../views/hold.ts'
import { exactAmount } from '../views/text.ts'
import { chargedView } from './charge.ts'

interface AuthorizeOptions extends AttributionOptions {
  category: Category
  key: string
  ttl?: string
}

/** The two steps of a call, `authorize` and `capture`, and what else may become of its hold. */
export function addHoldCommands(program: Command, shell: Shell): void {
  addAuthorize(program, shell)
  addCapture(program, shell)
  addRelease(program, shell)
  addExtend(program, shell)
}

function addAuthorize(program: Command, shell: Shell): void {
  const command = program
    .command('authorize')
    .description('hold credit for a call that is about to be made')
    .argument('<account>', 'who will pay')
    .argument('<amount>', 'what it may cost, in credits')
    .requiredOption('--category <category>', CATEGORIES.join(', '))
    .requiredOption('--key <key>', 'the same key with the same input holds once')
    .option('--ttl <duration>', 'how long the hold lasts (default: 10m)')
  addAttributionOptions(command).action(
    async (account: string, amount: string, options: AuthorizeOptions) => {
      const { category, key, ttl, model, agent, user, conversation } = options
      await shell.ask(
        (ledger) =>
          ledger.authorize(account, { amount, category, key, ttl, model, agent, user, conversation }),
        heldView,
      )
    },
  )
}

function addCapture(program: Command, shell: Shell): void {
  program
    .command('capture')
    .description('charge what the call behind a hold has cost; what is left of the hold is freed')
    .argument('<account>', 'who pays')
    .argument('<hold>', 'id of the hold')
    .argument('<amount>', 'what the call cost, in credits; may be 0, may be more than was held')
    .action(async (account: string, holdId: string, amount: string) => {
      await shell.ask(
        async (ledger) => onlyCharge(await ledger.capture(account, holdId, amount)),
        chargedView,
      )
    })
}

/** An amount is one line of cost, and one line is one charge. */
function onlyCharge([charge, ...others]: Charge[]): Charge {
  if (charge !== undefined && others.length === 0) return charge
  const found = charge === undefined ? 0 : 1 + others.length
  throw new Error(`A capture of one amount was answered with ${found} charges.`)
}

function addRelease(program: Command, shell: Shell): void {
  program
    .command('release')
    .description('free a hold whose call was not made')
    .argument('<account>', 'whose hold')
    .argument('<hold>', 'id of the hold')
    .action(async (account: string, holdId: string) => {
      await shell.ask((ledger) => ledger.release(account, holdId), releasedView)
    })
}

function addExtend(program: Command, shell: Shell): void {
  program
    .command('extend')
    .description('keep a hold open for longer')
    .argument('<account>', 'whose hold')
    .argument('<hold>', 'id of the hold')
    .option('--ttl <duration>', 'how long it lasts from now (default: 10m)')
    .action(async (account: string, holdId: string, options: { ttl?: string }) => {
      await shell.ask((ledger) => ledger.extend(account, holdId, options.ttl), extendedView)
    })
}

const heldView = (hold: Hold): string =>
  holdBlock(`Held ${exactAmount(hold.amount)} credits of ${hold.account}`, hold)

const releasedView = (hold: Hold): string =>
  holdBlock(`Released ${exactAmount(hold.amount)} credits of ${hold.account}`, hold)

const extendedView = (hold: Hold): string =>
  holdBlock(`Extended the hold on ${exactAmount(hold.amount)} credits of ${hold.account}`, hold)
