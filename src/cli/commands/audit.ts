import type { Command } from 'commander'
import { EXIT } from '../exit.ts'
import type { Shell } from '../shell.ts'
import { auditView } from '../views/audit.ts'

export function addAudit(program: Command, shell: Shell): void {
  program
    .command('audit')
    .description('recompute every balance from the entries; exits 1 on a divergence, which it names')
    .argument('[account]', 'one account (default: all)')
    .action(async (account: string | undefined) => {
      const report = await shell.ask((ledger) => ledger.audit(account), auditView)
      if (!report.ok) process.exitCode = EXIT.refused
    })
}
