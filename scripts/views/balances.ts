import { readList } from '../../bot/active-credits/pages.ts'
import { readBalanceReport } from '../../bot/balance-report.ts'
import { readPeriod } from '../../bot/usage/period.ts'
import { readUsage } from '../../bot/usage/report.ts'
import { type BalanceReport, balanceView } from '../../bot/views/balance.ts'
import { HOME_BATCHES, homeView } from '../../bot/views/home.ts'
import { usageSummaryView } from '../../bot/views/usage/summary.ts'
import type { Scene } from './scene.ts'
import type { NamedView } from './written.ts'

const ADD_CREDIT_URL = 'https://acme.example/credit'
const PICTURE_URL = 'https://credits.acme.example/files/chart.png?expires=1778318400&signature=abc'

/** What `/credits` answers to accounts in different states, and their homes. */
export async function balanceViews(scene: Scene): Promise<NamedView[]> {
  const { account, indebted, allHeld, unknown } = scene.accounts
  const view = async (name: string) => balanceView(await reportOf(scene, name), ADD_CREDIT_URL)
  return [
    { name: 'balance', when: '/credits', view: await view(account) },
    { name: 'balance-debt', when: '/credits of an account in debt', view: await view(indebted) },
    { name: 'balance-held', when: '/credits while calls hold all credit', view: await view(allHeld) },
    {
      name: 'balance-none',
      when: '/credits of an account without credit, where none is sold',
      view: balanceView(await reportOf(scene, unknown)),
    },
    { name: 'home', when: 'The App Home', view: await home(scene, account, PICTURE_URL) },
    {
      name: 'home-debt',
      when: 'The App Home of an account in debt, where Slack cannot fetch pictures from us',
      view: await home(scene, indebted, undefined),
    },
    {
      name: 'home-none',
      when: 'The App Home of an account without credit',
      view: await home(scene, unknown, undefined),
    },
  ]
}

async function reportOf({ ledger, now }: Scene, account: string): Promise<BalanceReport> {
  return { ...(await readBalanceReport(ledger, account)), at: now }
}

async function home(scene: Scene, account: string, pictureUrl: string | undefined) {
  const { ledger, now } = scene
  const usage = await readUsage(ledger, account, readPeriod(['30d'], 'Europe/Berlin', now))
  return homeView(
    {
      report: await reportOf(scene, account),
      batches: await readList({ ledger }, account, { all: false, offset: 0, count: HOME_BATCHES }),
      alerts: await ledger.alertsOf(account, { open: true }),
      usage: usageSummaryView(usage, pictureUrl).blocks,
    },
    ADD_CREDIT_URL,
  )
}
