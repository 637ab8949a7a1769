import type { BotServices } from './services.ts'
import { CHART_PATH, signFile } from './usage/file-links.ts'
import { readPeriod } from './usage/period.ts'
import { readUsage } from './usage/report.ts'
import type { Message } from './views/blocks.ts'
import { usageSummaryView } from './views/usage/summary.ts'

/** What shows the picture is drawn anew before that. */
const PICTURE_LIFETIME_MS = 24 * 60 * 60 * 1000

/** The last 30 days of an account, for the App Home and for modals; with a picture where Slack can reach us. */
export async function usageSummary(
  services: Pick<BotServices, 'ledger' | 'links'>,
  account: string,
  timeZone: string,
): Promise<Message> {
  const { ledger, links } = services
  const period = readPeriod(['30d'], timeZone, new Date())
  const report = await readUsage(ledger, account, period)
  return usageSummaryView(
    report,
    links && signFile(links, CHART_PATH, { account, period }, PICTURE_LIFETIME_MS),
  )
}
