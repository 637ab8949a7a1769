import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createLogger } from '../../bot/index.ts'
import { startSweeper } from '../../bot/sweeper.ts'
import { type CreditLedger, openCredits, TestClock } from '../../src/index.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

describe('the sweeper', () => {
  let database: TestDatabase
  let ledger: CreditLedger
  const clock = new TestClock()
  const lines: string[] = []
  const logger = createLogger('info', { write: (line) => void lines.push(line) })
  beforeAll(async () => {
    database = await createTestDatabase()
    ledger = await openCredits({ url: database.url, clock })
  })
  afterAll(async () => {
    await ledger.close()
    await database.drop()
  })

  const expiries = () => ledger.database.sql`select 1 from entries where kind = 'expiry'`

  it('writes what expired at the start and again and again, until it is stopped', async () => {
    await ledger.grant('acme', { type: 'free', amount: '1', expiresIn: '1d' })
    await ledger.grant('acme', { type: 'free', amount: '1', expiresIn: '2d' })
    clock.advance(86_400_000)
    const sweeper = startSweeper(ledger, logger, 20)
    await vi.waitFor(async () => expect(await expiries()).toHaveLength(1))
    clock.advance(86_400_000)
    await vi.waitFor(async () => expect(await expiries()).toHaveLength(2))
    expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
      expect.objectContaining({ msg: 'Swept', expiredBatches: 1, lapsedHolds: 0 }),
      expect.objectContaining({ msg: 'Swept', expiredBatches: 1, lapsedHolds: 0 }),
    ])
    await sweeper.stop()
    expect((await ledger.audit()).ok).toBe(true)
  })

  it('logs a sweep that fails, and goes on', async () => {
    lines.length = 0
    const away = await openCredits({ url: database.url })
    await away.close()
    const sweeper = startSweeper(away, logger, 20)
    await vi.waitFor(() => expect(lines.length).toBeGreaterThan(1))
    await sweeper.stop()
    expect(lines[0]).toContain('The sweep failed; the next one tries again')
  })
})
