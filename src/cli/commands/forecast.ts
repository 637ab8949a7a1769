import type { Command } from 'commander'
import type { Shell } from '../shell.ts'
import { forecastView } from '../views/forecast.ts'

export function addForecast(program: Command, shell: Shell): void {
  program
    .command('forecast')
    .description('how long the credit lasts at the rate of the last 7 days, and what will expire unused')
    .argument('<account>', 'whose credit')
    .action(async (account: string) => {
      await shell.ask(
        (ledger) => ledger.forecast(account),
        (forecast) => forecastView(account, forecast),
      )
    })
}
