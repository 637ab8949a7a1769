import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { Command } from 'commander'
import { addAlertLine } from './commands/alert-line.ts'
import { addAlerts } from './commands/alerts.ts'
import { addAudit } from './commands/audit.ts'
import { addBalance } from './commands/balance.ts'
import { addBatches } from './commands/batches.ts'
import { addCharge } from './commands/charge.ts'
import { addCharges } from './commands/charges.ts'
import { addDemo } from './commands/demo.ts'
import { addExtendBatch } from './commands/extend-batch.ts'
import { addExplain } from './commands/explain.ts'
import { addForecast } from './commands/forecast.ts'
import { addGrant } from './commands/grant.ts'
import { addHoldCommands } from './commands/holds.ts'
import { addMigrate } from './commands/migrate.ts'
import { addPricing } from './commands/pricing.ts'
import { addRates } from './commands/rates.ts'
import { addRefund } from './commands/refund.ts'
import { addServe } from './commands/serve.ts'
import { addSlackManifest } from './commands/slack-manifest.ts'
import { addSweep } from './commands/sweep.ts'
import { addUsage } from './commands/usage.ts'
import { addVoid } from './commands/void.ts'
import type { Parts } from './parts.ts'
import type { Shell } from './shell.ts'

const NOTES = `
Amounts are decimal credits with at most 6 decimals, such as 12.5. Times are ISO 8601, durations such as 30d,
12h or 10m. The ledger is in the PostgreSQL that DATABASE_URL names; without it, one is kept in .credits/postgres
under the working directory. SIGNUP_CREDITS and SIGNUP_EXPIRES set what an account is given on its first mention.

Exit code: 0 done; 1 refused, or an audit found a divergence; 2 wrong usage; 70 a fault of this program;
130 or 143 interrupted.`

/** Builds the `credits` program. It reports by throwing: CommanderError for usage and help, else what a command threw. */
export function buildProgram(shell: Shell, parts: Parts): Command {
  const program = new Command('credits')
    .description('Prepaid credits for AI agents.')
    .version(packageVersion())
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'credits: ')) })
    .addHelpText('after', NOTES)

  addGrant(program, shell)
  addBalance(program, shell)
  addBatches(program, shell)
  addCharge(program, shell)
  addHoldCommands(program, shell)
  addRefund(program, shell)
  addVoid(program, shell)
  addExtendBatch(program, shell)
  addUsage(program, shell)
  addForecast(program, shell)
  addCharges(program, shell)
  addExplain(program, shell)
  addAlerts(program, shell)
  addAlertLine(program, shell)
  addSweep(program, shell)
  addAudit(program, shell)
  addRates(program, shell)
  addPricing(program, shell)
  addMigrate(program, shell)
  addServe(program, shell, parts.serve)
  addSlackManifest(program, shell, parts.slackManifest)
  for (const command of leavesOf(program)) {
    command.option('--json', 'answer in JSON, one line, refusals included')
  }
  addDemo(program, parts.demo)

  return program.hook('preAction', (_, command) => {
    shell.json = command.opts<{ json?: boolean }>().json === true
  })
}

/** The commands that do something; the others only group them. */
const leavesOf = (command: Command): Command[] =>
  command.commands.flatMap((child) => (child.commands.length === 0 ? [child] : leavesOf(child)))

function packageVersion(): string {
  const path = findPackageJSON(import.meta.url)
  if (path === undefined) throw new Error('The package.json of agent-credits is missing: install it again.')
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version
}
