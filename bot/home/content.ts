import { readList } from '../active-credits/pages.ts'
import { readBalanceReport } from '../balance-report.ts'
import type { BotServices } from '../services.ts'
import { usageSummary } from '../usage-summary.ts'
import { HOME_BATCHES, type HomeContent } from '../views/home.ts'

/** All that a home shows, read at once. */
export async function readHome(
  services: BotServices,
  account: string,
  timeZone: string,
): Promise<HomeContent> {
  const [report, batches, alerts, usage] = await Promise.all([
    readBalanceReport(services.ledger, account),
    readList(services, account, { all: false, offset: 0, count: HOME_BATCHES }),
    services.ledger.alertsOf(account, { open: true }),
    usageSummary(services, account, timeZone),
  ])
  return { report, batches, alerts, usage: usage.blocks }
}
