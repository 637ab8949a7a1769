import type { Command } from 'commander'
import type { Shell } from '../shell.ts'
import { alertsTable } from '../views/alerts.ts'

export function addAlerts(program: Command, shell: Shell): void {
  program
    .command('alerts')
    .description("an account's alerts, the latest first: low balance, credit that runs out or expires")
    .argument('<account>', 'whose alerts')
    .option('--all', 'also those that are over (the latest 100)')
    .action(async (account: string, { all = false }: { all?: boolean }) => {
      await shell.ask(
        (ledger) => ledger.alertsOf(account, { open: !all }),
        (alerts) => alertsTable(account, alerts, all),
      )
    })
}
