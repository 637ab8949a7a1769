import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openCredits } from '../../src/credits.ts'
import { newCallId } from '../../src/ids.ts'
import { newAccountState, openHold } from '../../src/ledger/account-state.ts'
import { postStatement, type PostResult } from '../../src/ledger/post-statement.ts'
import { Posting } from '../../src/ledger/posting.ts'
import { digestTables, openTestLedger, refusalOf, type TestLedger } from '../support/ledger.ts'

const LARGEST = '9223372036854.775807'

let open: TestLedger

beforeAll(async () => {
  open = await openTestLedger()
})
afterAll(() => open.close())

describe('one statement for two accounts', () => {
  it('writes nothing of the account whose version has moved on, even with one row of each kind', async () => {
    const { ledger } = open
    await ledger.grant('gate-a', { type: 'paid', amount: '5' })
    await ledger.grant('gate-b', { type: 'paid', amount: '5' })
    const [row] = await ledger.database.sql`select version from accounts where account_id = 'gate-a'`
    const posting = new Posting()
    const current = { ...newAccountState('gate-a'), version: Number(row?.['version']) }
    const hold = {
      id: newCallId(),
      amount: 1n,
      category: 'LLM' as const,
      authorizedAt: 0,
      expiresAt: 0,
      attribution: null,
    }
    openHold(current, hold)
    posting.openHold(current, hold, 60_000)
    // Thought to be new, and there already: its entry must not be written on the other's behalf.
    posting.entry(newAccountState('gate-b'), { kind: 'release', amount: 1n, holdId: hold.id })
    posting.seal()
    const { text, parameters } = postStatement(posting, null, 'infinity', false)
    const [result] = await ledger.database.sql.unsafe<PostResult[]>(text, parameters)
    expect(result?.applied).toBe('{0}')
    const entries = await ledger.database.sql`
      select kind from entries where account_id = 'gate-b' and kind = 'release'`
    expect(entries).toHaveLength(0)
    await ledger.capture('gate-a', hold.id, '0')
    expect(await ledger.audit()).toMatchObject({ ok: true })
  })
})

describe('an account that somebody else keeps locked', () => {
  it(
    'is waited for by itself: others go on, and it is written when it is free',
    { timeout: 60_000 },
    async () => {
      const { ledger } = open
      for (const account of ['locked', 'free']) await ledger.grant(account, { type: 'paid', amount: '10' })
      const free = Promise.withResolvers<void>()
      const locked = Promise.withResolvers<void>()
      const transaction = ledger.database.sql.begin(async (session) => {
        await session`select 1 from accounts where account_id = 'locked' for update`
        locked.resolve()
        await free.promise
      })
      await locked.promise
      let isWritten = false
      const waiting = ledger.grant('locked', { type: 'paid', amount: '1' }).then(() => (isWritten = true))
      const others = [1, 2, 3].map(() => ledger.charge('free', { amount: '1', category: 'LLM' }))
      await Promise.all(others)
      // Longer than a lock is waited for at a time: the operation is tried again, not refused.
      await delay(2_500)
      expect(isWritten).toBe(false)
      free.resolve()
      await Promise.all([transaction, waiting])
      expect(await ledger.balance('locked')).toMatchObject({ available: 11_000_000n })
    },
  )
})

describe('calls on an account that nobody else writes', () => {
  it('are decided from memory, on the real clock as on any', async () => {
    const ledger = await openCredits({ url: open.database.url })
    try {
      await ledger.grant('alone', { type: 'paid', amount: '100', expiresIn: '30d' })
      const call = async () => {
        const hold = await ledger.authorize('alone', { amount: '1', category: 'LLM' })
        await ledger.capture('alone', hold.id, '0.5')
      }
      await call()
      const before = ledger.decisions
      for (let count = 0; count < 20; count += 1) await call()
      const { guessed, locked } = ledger.decisions
      expect({ guessed: guessed - before.guessed, locked: locked - before.locked }).toEqual({
        guessed: 40,
        locked: 0,
      })
      expect(await ledger.audit('alone')).toMatchObject({ ok: true, charges: 21 })
    } finally {
      await ledger.close()
    }
  })
})

describe('what is repeated', () => {
  it('answers a capture of several lines as it did, where lines name a model that the hold did not', async () => {
    const { ledger } = open
    await ledger.grant('lines', { type: 'paid', amount: '10' })
    const hold = await ledger.authorize('lines', { amount: '2', category: 'LLM' })
    const lines = [
      { amount: '1', category: 'LLM', model: 'gpt-5' },
      { amount: '1', category: 'WebSearch' },
    ] as const
    const charges = await ledger.capture('lines', hold.id, lines)
    expect(await ledger.capture('lines', hold.id, lines)).toEqual(charges)
  })

  it('answers with the same amount to the last digit, beyond what a JSON number holds', async () => {
    const { ledger } = open
    const input = { type: 'paid', amount: '9007199254.740993', key: 'large' } as const
    const first = await ledger.grant('digits', input)
    expect(first.allocated).toBe(9_007_199_254_740_993n)
    expect(await ledger.grant('digits', input)).toEqual(first)
  })
})

describe('a refund that does not fit', () => {
  it('writes nothing', async () => {
    const { ledger, clock } = open
    await ledger.grant('full', { type: 'free', amount: '5', expiresIn: '1d' })
    const charge = await ledger.charge('full', { amount: '4', category: 'LLM' })
    clock.advance(2 * 86_400_000)
    await ledger.sweep()
    await ledger.grant('full', { type: 'paid', amount: LARGEST })
    const before = await digestTables(ledger)
    const refund = () => ledger.refund('full', charge.id, { reason: 'x', newBatch: {}, key: 'r' })
    expect(await refusalOf(refund())).toMatchObject({ code: 'amount_overflow' })
    expect(await digestTables(ledger)).toEqual(before)
  })
})

describe('an account without open holds', () => {
  it('has no next lapse, and is not looked at by later sweeps', async () => {
    const { ledger, clock } = open
    await ledger.grant('idle', { type: 'paid', amount: '5' })
    const hold = await ledger.authorize('idle', { amount: '1', category: 'LLM', ttl: '1m' })
    await ledger.capture('idle', hold.id, '1')
    await ledger.authorize('idle', { amount: '1', category: 'LLM', ttl: '1m' })
    clock.advance(120_000)
    expect(await ledger.sweep()).toMatchObject({ lapsedHolds: 1 })
    const [row] = await ledger.database.sql`select next_lapse from accounts where account_id = 'idle'`
    expect(row?.['next_lapse']).toBeNull()
  })
})
