import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseAmount } from '../../src/amount.ts'
import type { CreditLedger } from '../../src/credits.ts'
import type { Alert } from '../../src/types.ts'
import { digestTables, openTestLedger, refusalOf, type TestLedger } from '../support/ledger.ts'

let test: TestLedger
let ledger: CreditLedger
let other: CreditLedger

beforeAll(async () => {
  test = await openTestLedger()
  ledger = test.ledger
  other = await test.openAnother()
})
afterAll(() => test.close())

const paid =
  (amount: string, of = ledger) =>
  (account: string) =>
    of.grant(account, { type: 'paid', amount })
const use = (account: string, amount: string, of = ledger) => of.charge(account, { amount, category: 'LLM' })

const levelOf = async (account: string) => (await ledger.alertLine(account)).level

/** Oldest first, also those that are over. */
async function episodes(account: string): Promise<Alert[]> {
  expect(await ledger.audit(account)).toMatchObject({ ok: true, divergences: [] })
  return (await ledger.alertsOf(account, { open: false })).toReversed()
}

describe('a balance that crosses its line', () => {
  it('raises one alert, in the transaction of the charge', async () => {
    await paid('100')('crossing')
    await use('crossing', '80')
    expect(await episodes('crossing')).toEqual([])

    const charge = await use('crossing', '0.000001')
    const [alert, ...more] = await episodes('crossing')
    expect(more).toEqual([])
    expect(alert).toMatchObject({
      account: 'crossing',
      kind: 'low_balance',
      level: 1,
      subject: null,
      detail: { settled: '19.999999', line: '20', base: '100' },
      raisedAt: charge.chargedAt,
      resolvedAt: null,
      version: 1,
      snoozedUntil: null,
    })
    const [written] = await ledger.database.sql<{ together: boolean }[]>`
      select a.xmin = c.xmin and a.xmin = o.xmin as together
      from alerts a join charges c using (account_id) join accounts o using (account_id)
      where a.account_id = 'crossing' and c.id = ${charge.id}`
    expect(written).toEqual({ together: true })
  })

  it('changes its alert as it gets worse, ends it when it recovers, and raises another the next time', async () => {
    const account = 'up and down'
    await paid('100')(account)
    await use(account, '85')
    const [raised] = await episodes(account)
    await use(account, '5')
    expect(await episodes(account), 'nothing new').toEqual([raised])

    await use(account, '6')
    expect(await episodes(account)).toEqual([
      { ...raised, level: 2, version: 2, detail: { settled: '4', line: '20', base: '100' } },
    ])
    await use(account, '4')
    expect(await episodes(account)).toMatchObject([{ id: raised!.id, level: 3, version: 3 }])
    await paid('6')(account)
    expect(await episodes(account)).toMatchObject([
      { id: raised!.id, level: 1, version: 4, resolvedAt: null, detail: { settled: '6', base: '100' } },
    ])
    test.clock.advance(1000)
    const { addedAt } = await paid('44')(account)
    const over = {
      ...raised,
      level: 0,
      version: 5,
      resolvedAt: addedAt,
      detail: { settled: '50', line: '10', base: '50' },
    }
    expect(await episodes(account)).toEqual([over])

    await use(account, '41')
    const [first, second, ...more] = await episodes(account)
    expect({ first, more }).toEqual({ first: over, more: [] })
    expect(second).toMatchObject({ level: 1, version: 1, resolvedAt: null })
    expect(second!.id).not.toBe(raised!.id)
  })

  it('does not come to and fro: about the line nothing changes', async () => {
    const account = 'about the line'
    await paid('100')(account)
    const charge = await use(account, '81')
    const [raised] = await episodes(account)
    for (const key of ['once', 'twice', 'again']) {
      await ledger.refund(account, charge.id, { amount: '2.5', reason: 'test', key })
      await use(account, '2.5')
    }
    expect(await episodes(account)).toEqual([raised])
  })

  it('is not low for what is held', async () => {
    await paid('100')('held')
    const hold = await ledger.authorize('held', { amount: '99', category: 'LLM' })
    expect(await levelOf('held')).toBe(0)
    await ledger.capture('held', hold.id, '79')
    expect(await levelOf('held')).toBe(0)
    expect(await episodes('held')).toEqual([])
  })

  it('is empty with debt, also where it was never granted anything', async () => {
    await ledger.book('in debt', { key: 'b', lines: [{ amount: '3', category: 'LLM' }] })
    expect(await episodes('in debt')).toMatchObject([
      { level: 3, detail: { settled: '-3', line: '0', base: '0' } },
    ])
    await paid('50')('in debt')
    expect(await episodes('in debt')).toMatchObject([
      { level: 0, version: 2, detail: { settled: '47', base: '47', line: '9.4' } },
    ])
  })

  it('is seen in a group of many accounts, for those that cross', async () => {
    const accounts = Array.from({ length: 12 }, (_, n) => `one of many ${n}`)
    await Promise.all(accounts.map(paid('100')))
    await Promise.all(accounts.map((account) => use(account, '1')))
    await Promise.all(accounts.map((account, n) => use(account, n % 3 === 0 ? '95' : '1')))
    const levels = await Promise.all(accounts.map(levelOf))
    expect(levels).toEqual(accounts.map((_, n) => (n % 3 === 0 ? 2 : 0)))
    const found = await Promise.all(accounts.map(episodes))
    expect(found.map(({ length }) => length)).toEqual(levels.map((level) => (level === 0 ? 0 : 1)))
  })
})

describe('everything that moves credit moves the level', () => {
  it('refunds and voids', async () => {
    await paid('100')('moved')
    const charge = await use('moved', '90')
    expect(await levelOf('moved')).toBe(1)
    await ledger.refund('moved', charge.id, { amount: '60', reason: 'test' })
    expect(await levelOf('moved')).toBe(0)
    const [batch] = await ledger.batches('moved')
    await ledger.void('moved', batch!.id, { amount: '67', reason: 'test' })
    expect(await levelOf('moved')).toBe(2)
    await ledger.void('moved', batch!.id, { reason: 'test' })
    expect(await levelOf('moved')).toBe(3)
    expect(await episodes('moved')).toMatchObject([
      { level: 0, version: 2 },
      { level: 3, version: 2 },
    ])
  })

  it('expiry, when the sweep writes it', async () => {
    await paid('10')('expiring')
    await ledger.grant('expiring', { type: 'free', amount: '90', expiresIn: '1h' })
    test.clock.advance(3_600_000)
    expect(await ledger.balance('expiring')).toMatchObject({ settled: parseAmount('10') })
    expect(await levelOf('expiring'), 'nobody has written it yet').toBe(0)
    await other.sweep()
    expect(await episodes('expiring')).toMatchObject([{ level: 1, detail: { settled: '10', base: '100' } }])
  })

  it('expiry, also of what is left to an older hold', async () => {
    await paid('10')('expiring under a hold')
    await ledger.grant('expiring under a hold', { type: 'free', amount: '90', expiresIn: '1h' })
    await ledger.authorize('expiring under a hold', { amount: '90', category: 'LLM', ttl: '2h' })
    test.clock.advance(3_600_000)
    expect(await ledger.sweep()).toMatchObject({ expiredBatches: 0 })
    expect(await episodes('expiring under a hold')).toMatchObject([{ level: 1, detail: { settled: '10' } }])
  })

  it('expiry, when anything else is written first', async () => {
    await paid('10')('expired')
    await ledger.grant('expired', { type: 'free', amount: '90', expiresIn: '1h' })
    test.clock.advance(3_600_000)
    await use('expired', '1', other)
    expect(await episodes('expired')).toMatchObject([{ level: 1, detail: { settled: '9' } }])
  })
})

describe('the line of an account', () => {
  it('is a fifth of what was settled after the last grants, where nothing is set', async () => {
    expect(await ledger.alertLine('nobody')).toEqual({
      account: 'nobody',
      amount: null,
      percent: 20,
      base: 0n,
      line: 0n,
      level: 0,
    })
    await paid('100')('default')
    await use('default', '30')
    expect(await ledger.alertLine('default')).toMatchObject({ base: parseAmount('100') })
    await paid('10')('default')
    expect(await ledger.alertLine('default')).toMatchObject({
      base: parseAmount('80'),
      line: parseAmount('16'),
    })
  })

  it('does not go down for a grant that leaves the account low', async () => {
    await paid('100')('gift')
    await use('gift', '95')
    await paid('1')('gift')
    expect(await ledger.alertLine('gift')).toMatchObject({ base: parseAmount('100'), level: 1 })
    expect(await episodes('gift')).toMatchObject([{ version: 1, detail: { settled: '5' } }])
  })

  it('is of the signup grant, for an account that starts with one', async () => {
    const { ledger: generous, close } = await openTestLedger({ signup: { amount: '25' } })
    try {
      const charge = await use('newcomer', '24', generous)
      expect(await generous.alertLine('newcomer')).toMatchObject({ base: parseAmount('25'), level: 2 })
      expect(await generous.alertsOf('newcomer')).toMatchObject([
        { level: 2, version: 1, raisedAt: charge.chargedAt },
      ])
      expect(await generous.audit()).toMatchObject({ ok: true })
    } finally {
      await close()
    }
  })

  it('is set, and the level follows at once', async () => {
    await paid('100')('set')
    expect(await ledger.setAlertLine('set', { amount: '150', actor: 'kim' })).toEqual({
      account: 'set',
      amount: parseAmount('150'),
      percent: 0,
      base: parseAmount('100'),
      line: parseAmount('150'),
      level: 1,
    })
    expect(await episodes('set')).toMatchObject([
      { level: 1, detail: { settled: '100', line: '150', base: '100' } },
    ])
    const both = await ledger.setAlertLine('set', { amount: '30', percent: 50 })
    expect(both).toMatchObject({ amount: parseAmount('30'), percent: 50, line: parseAmount('50'), level: 0 })
    const one = await ledger.setAlertLine('set', { percent: null })
    expect(one).toMatchObject({ amount: parseAmount('30'), percent: 0, line: parseAmount('30') })
    const none = await ledger.setAlertLine('set', { amount: null })
    expect(none).toMatchObject({ amount: null, percent: 20, line: parseAmount('20'), level: 0 })
    expect(await other.alertLine('set')).toEqual(none)
    expect(await episodes('set')).toMatchObject([{ level: 0, version: 2 }])
  })

  it('is another one in an open alert too, where the level stays', async () => {
    await paid('100')('moved line')
    await use('moved line', '85')
    await ledger.setAlertLine('moved line', { percent: 30 })
    expect(await episodes('moved line')).toMatchObject([
      { level: 1, version: 2, detail: { settled: '15', line: '30', base: '100' } },
    ])
    await ledger.setAlertLine('moved line', { percent: 14 })
    expect(await episodes('moved line'), 'not a tenth above it').toMatchObject([
      { level: 1, version: 3, resolvedAt: null, detail: { line: '14' } },
    ])
    await use('moved line', '0.5')
    expect(await episodes('moved line')).toMatchObject([{ version: 3 }])
  })

  it('is set before the account has anything', async () => {
    expect(await ledger.setAlertLine('early', { amount: '5' })).toMatchObject({ level: 3 })
    expect(await episodes('early')).toMatchObject([{ level: 3, detail: { settled: '0', line: '5' } }])
    await paid('5')('early')
    expect(await ledger.alertLine('early'), 'at the line is not above it').toMatchObject({
      base: 0n,
      level: 1,
    })
    await paid('1')('early')
    expect(await ledger.alertLine('early')).toMatchObject({ base: parseAmount('6'), level: 0 })
  })

  it('is what another process has set, also where this one remembers the account', async () => {
    await paid('100')('remembered')
    await use('remembered', '1')
    await other.setAlertLine('remembered', { amount: '99' })
    expect(await episodes('remembered')).toEqual([])
    await use('remembered', '1')
    expect(await episodes('remembered')).toMatchObject([
      { level: 1, version: 1, detail: { settled: '98', line: '99' } },
    ])
  })

  it('replays by its key, and refuses the key for another line', async () => {
    await paid('100')('line key')
    const input = { amount: '10', key: 'k' }
    const first = await ledger.setAlertLine('line key', input)
    await ledger.setAlertLine('line key', { percent: 90 })
    expect(await other.setAlertLine('line key', input)).toEqual(first)
    expect(await ledger.alertLine('line key')).toMatchObject({ percent: 90 })
    const conflict = await refusalOf(ledger.setAlertLine('line key', { amount: '11', key: 'k' }))
    expect(conflict.code).toBe('key_conflict')
  })

  it.each([
    [{}, 'invalid_input'],
    [{ amount: '0' }, 'invalid_amount'],
    [{ amount: '-1' }, 'invalid_amount'],
    [{ percent: 101 }, 'invalid_amount'],
    [{ percent: -1 }, 'invalid_amount'],
    [{ percent: 2.5 }, 'invalid_amount'],
    [{ percent: Number.NaN }, 'invalid_amount'],
  ])('refuses %o', async (input, code) => {
    expect(await refusalOf(ledger.setAlertLine('bad line', input))).toMatchObject({ code })
  })
})

describe('once', () => {
  it('raises nothing at a replay, nor for what is refused', async () => {
    await paid('100')('replayed')
    const input = { amount: '90', category: 'LLM' as const, key: 'c' }
    await ledger.charge('replayed', input)
    await refusalOf(use('replayed', '11'))
    await paid('100')('replayed')
    const before = await digestTables(ledger)
    await ledger.charge('replayed', input)
    await other.charge('replayed', input)
    await refusalOf(use('replayed', '111'))
    await refusalOf(use('replayed', '111', other))
    expect(await digestTables(ledger)).toEqual(before)
    expect(await episodes('replayed')).toHaveLength(1)
  })

  it('raises nothing by a guess that another process has overtaken', async () => {
    await paid('100')('overtaken')
    await use('overtaken', '1')
    await paid('900', other)('overtaken')
    await use('overtaken', '90')
    expect(await episodes('overtaken')).toEqual([])
    // Of 999 after the last grant: the line is at 199.8.
    await use('overtaken', '708', other)
    await use('overtaken', '2')
    expect(await episodes('overtaken')).toMatchObject([{ version: 1, detail: { settled: '199' } }])
  })

  it('raises one episode while several processes drain an account at once', async () => {
    const ledgers = [ledger, other, await test.openAnother(), await test.openAnother()]
    await paid('100')('drained')
    const calls = Array.from({ length: 100 }, (_, n) => use('drained', '1', ledgers[n % ledgers.length]))
    await Promise.all(calls)
    // 0 → 1 → 2 → 3, unless two of these were crossed by one group.
    const [alert, ...more] = await episodes('drained')
    expect(more).toEqual([])
    expect(alert).toMatchObject({ level: 3, resolvedAt: null, detail: { settled: '0', base: '100' } })
    expect(alert!.version).toBeLessThanOrEqual(3)
    expect(await ledger.balance('drained')).toMatchObject({ settled: 0n })
  })

  it('raises one episode while one process drains and another gives', async () => {
    await paid('100')('to and fro')
    const calls = Array.from({ length: 60 }, async (_, n) => {
      const of = n % 2 === 0 ? ledger : other
      if (n % 10 === 9) await paid('5', of)('to and fro')
      await of.book('to and fro', { key: `b${n}`, lines: [{ amount: '3', category: 'LLM' }] })
    })
    await Promise.all(calls)
    const all = await episodes('to and fro')
    expect(all.filter(({ resolvedAt }) => resolvedAt === null)).toMatchObject([{ level: 3 }])
    expect(await ledger.balance('to and fro')).toMatchObject({ settled: -50_000_000n })
  })
})
