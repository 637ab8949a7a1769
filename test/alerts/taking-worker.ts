/** Takes alerts, says so, and never ends: for a test that kills it in the middle. */
import { openCredits } from '../../src/credits.ts'

const ledger = await openCredits({ url: process.argv[2], migrate: false, journal: false })
await ledger.takeAlerts(1000, async (alerts, sql) => {
  for (const { id } of alerts) await sql`insert into deliveries (alert, taker) values (${id}, 'killed')`
  process.stdout.write(`took ${alerts.length}\n`)
  await new Promise((resolve) => setTimeout(resolve, 60_000))
})
