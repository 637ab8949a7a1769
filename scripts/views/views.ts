import type { TestClock } from '../../src/clock.ts'
import type { CreditLedger } from '../../src/credits.ts'
import { adminsViews } from './admins.ts'
import { alertsViews } from './alerts.ts'
import { balanceViews } from './balances.ts'
import { peoplesViews } from './people.ts'
import { playScene, type Scene } from './scene.ts'
import { usageViews } from './usage.ts'
import { type NamedView, writeViews, type WrittenView } from './written.ts'

/** Who shows what. A new part is a file and a line here. */
const PARTS: readonly ((scene: Scene) => Promise<NamedView[]>)[] = [
  balanceViews,
  peoplesViews,
  usageViews,
  adminsViews,
  alertsViews,
]

/**
 * Plays a scene on an empty ledger, and writes every view that the bot has of it.
 *
 * @param clock the ledger's
 */
export async function renderViews(ledger: CreditLedger, clock: TestClock): Promise<WrittenView[]> {
  const scene = await playScene(ledger, clock)
  const views: NamedView[] = []
  for (const part of PARTS) views.push(...(await part(scene)))
  return writeViews(views)
}
