import { expect, it, vi } from 'vitest'
import { openCredits } from '../../../src/index.ts'
import { startFakeSlack } from '../../fakes/slack.ts'
import { createTestDatabase } from '../../support/database.ts'
import { type ChildProcess, startProcess } from '../../support/processes.ts'
import { tokenOf } from '../jobs/support/workspaces.ts'

const SERVER = new URL('./support/server.ts', import.meta.url)
const TEAMS = Array.from({ length: 1_000 }, (_, n) => `T${String(n).padStart(4, '0')}`)

it('shows each of 1,000 alerts that come at once exactly once, though the server is killed meanwhile', async () => {
  const database = await createTestDatabase()
  const ledger = await openCredits({ url: database.url, journal: false })
  const slack = await startFakeSlack()
  const processes: ChildProcess[] = []
  const { sql } = ledger.database
  const startServer = async () => {
    const server = startProcess(SERVER, [database.url, slack.apiUrl])
    processes.push(server)
    await server.waitForLine(/^ready$/)
    return server
  }
  const posts = () => slack.messages('CADMIN')
  try {
    await Promise.all(
      TEAMS.map(async (team) => {
        slack.grant(tokenOf(team), team)
        await ledger.grant(`slack:${team}`, { type: 'free', amount: '100', key: 'first' })
      }),
    )
    // Slack takes one message when the server that sent it is dead: nobody hears that it did.
    const isKilled = Promise.withResolvers<void>()
    const isHeld = Promise.withResolvers<void>()
    slack.fail('chat.postMessage', { after: isKilled.promise }, { of: hundredth(isHeld.resolve) })

    const first = await startServer()
    await Promise.all(
      TEAMS.map((team) =>
        ledger.charge(`slack:${team}`, { amount: '85', category: 'LLM', agent: 'support' }),
      ),
    )
    await isHeld.promise
    await vi.waitUntil(() => posts().length >= 200, { timeout: 20_000, interval: 5 })
    await first.kill('SIGKILL')
    isKilled.resolve()
    expect(posts().length).toBeLessThan(TEAMS.length)

    await startServer()
    await vi.waitUntil(
      async () => {
        const [left] = await sql<{ open: number }[]>`
          select count(*)::int as open from alerts
          left join alert_messages on alert_messages.account_id = alerts.account_id and alert_id = alerts.id
          where shown_version is distinct from version`
        return left?.open === 0
      },
      { timeout: 30_000, interval: 100 },
    )
    const raised = await sql<{ id: string }[]>`select id from alerts order by id`
    const shown = posts().map(({ metadata }) => metadata?.event_payload['id'])
    expect(raised).toHaveLength(TEAMS.length)
    expect(shown.toSorted()).toEqual(raised.map(({ id }) => id))
    expect(new Set(posts().map(({ teamId }) => teamId)).size).toBe(TEAMS.length)

    await Promise.all(
      TEAMS.slice(0, 100).map((team) => ledger.grant(`slack:${team}`, { type: 'paid', amount: '100' })),
    )
    await vi.waitUntil(() => posts().filter(({ edits }) => edits > 0).length >= 100, {
      timeout: 20_000,
      interval: 20,
    })
    expect(posts()).toHaveLength(TEAMS.length)
  } finally {
    await Promise.all(processes.map((process) => process.kill('SIGKILL')))
    await slack.close()
    await ledger.close()
    await database.drop()
  }
  expect(slack.takeViolations()).toEqual([])
}, 90_000)

/** Holds of the hundredth message only, and says when it came. */
function hundredth(came: () => void): () => boolean {
  let count = 0
  return () => {
    count += 1
    if (count === 100) came()
    return count === 100
  }
}
