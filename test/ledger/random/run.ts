/** One random sequence, on the ledgers and on the reference ledger side by side. */
import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import type { TestClock } from '../../../src/clock.ts'
import type { CreditLedger } from '../../../src/credits.ts'
import type { UsageDimension } from '../../../src/types.ts'
import type { Operation } from '../../model/operation.ts'
import { sortUsage } from '../../model/reads.ts'
import { ReferenceLedger, type Signup } from '../../model/reference-ledger.ts'
import type { ModelAccount } from '../../model/state.ts'
import { agree } from './agree.ts'
import { perform } from './perform.ts'
import { expectSameReceipts } from './receipts.ts'
import { resolve } from './resolve.ts'
import type { Choice, Jump, Step } from './steps.ts'

const SECOND_MS = 1000
const REPORTS: readonly (readonly UsageDimension[])[] = [
  ['category'],
  ['model', 'day'],
  ['agent', 'user'],
  ['category', 'model', 'agent', 'user', 'day'],
]

export interface World {
  ledgers: readonly [CreditLedger, ...CreditLedger[]]
  clock: TestClock
  signup?: Signup
}

/** @throws AssertionError where the ledger and the reference ledger part */
export async function runSequence({ ledgers, clock, signup }: World, steps: readonly Step[]): Promise<void> {
  const run = randomUUID().slice(0, 8)
  const names = [0, 1].map((n) => `${run}-${n}`)
  const earlier = new Map<string, Operation[]>(names.map((name) => [name, []]))
  const startedAt = clock.now()
  let fresh = 0
  let model = new ReferenceLedger(signup)
  const ledgerOf = (n: number): CreditLedger => ledgers[n % ledgers.length] ?? ledgers[0]
  const now = () => clock.now().getTime()

  const writtenBefore = new Map<string, number>()

  await Promise.all(names.map((name, n) => mention(name, n)))
  for (const step of steps) {
    if (step.kind === 'time') jump(step.jump)
    else if (step.kind === 'sweep') await sweep(step.ledger)
    else await operate(step.choices)
    await expectSameState()
  }
  await expectSameReports()

  async function mention(name: string, n: number): Promise<void> {
    const [signupBatch] = await ledgerOf(n).batches(name, { all: true })
    model.mention(name, now(), signupBatch?.id)
  }

  async function operate(choices: readonly Choice[]): Promise<void> {
    const planned = choices.flatMap((choice) => {
      const name = names[choice.account] ?? names[0]!
      const operation = resolve(choice, accountOf(name), earlier.get(name)!, now(), () => `name-${fresh++}`)
      return operation === undefined ? [] : [{ ledger: ledgerOf(choice.ledger), operation }]
    })
    const performed = await Promise.all(planned.map(({ ledger, operation }) => perform(ledger, operation)))
    for (const name of names) {
      const own = performed.filter(({ operation }) => operation.account === name)
      const [written, line] = await Promise.all([writtenOf(name), ledgers[0].alertLine(name)])
      const agreed = agree(model, own, now(), written.slice(writtenBefore.get(name)), line)
      writtenBefore.set(name, written.length)
      model = agreed.model
      earlier.get(name)!.push(...agreed.order.map(({ operation }) => operation))
    }
  }

  /** What was written that others may depend on without their answers showing it, in that order. */
  async function writtenOf(name: string): Promise<string[]> {
    const rows = await ledgers[0].database.sql<{ subject: string }[]>`
      select case
        when kind = 'debt' then charge_id::text
        when kind = 'grant' then batch_id::text
        when kind = 'refund' then id::text
        else reason end as subject
      from entries
      where account_id = ${name} and kind in ('debt', 'extension', 'grant', 'refund', 'void') order by id`
    return rows.map(({ subject }) => subject)
  }

  async function sweep(n: number): Promise<void> {
    const expected = model.sweep(now())
    const report = await ledgerOf(n).sweep()
    // The database holds accounts of other sequences too.
    expect(report.expiredBatches).toBeGreaterThanOrEqual(expected.batches)
    expect(report.expiredAmount).toBeGreaterThanOrEqual(expected.amount)
  }

  function jump(to: Jump): void {
    const next = nextEvent(names.map(accountOf), now())
    if (to === 'to the next event') clock.set(new Date(next ?? now() + SECOND_MS))
    else if (to === 'right before the next event') clock.set(new Date(Math.max(now(), (next ?? 0) - 1)))
    else clock.advance({ 'a second': SECOND_MS, 'a quarter': 900 * SECOND_MS, far: 7200 * SECOND_MS }[to])
  }

  /** Read through each ledger: what one has in memory may be older than what another wrote. */
  async function expectSameState(): Promise<void> {
    await Promise.all(
      ledgers.flatMap((ledger) =>
        names.map(async (name) => {
          const [balance, alertLine, batches, active] = await Promise.all([
            ledger.balance(name),
            ledger.alertLine(name),
            ledger.batches(name, { all: true, limit: 100 }),
            ledger.batches(name, { limit: 100 }),
          ])
          const expected = model.batches(name, now())
          expect({ balance, alertLine, batches, active }).toEqual({
            balance: model.balance(name, now()),
            alertLine: model.alertLine(name),
            batches: expected,
            active: expected.filter(({ state }) => state === 'active'),
          })
        }),
      ),
    )
  }

  async function expectSameReports(): Promise<void> {
    const ledger = ledgerOf(1)
    for (const name of names) {
      for (const by of REPORTS) {
        const query = { from: startedAt, to: new Date(now() + SECOND_MS), timeZone: 'Asia/Kathmandu', by }
        expect(sortUsage(await ledger.usage(name, query))).toEqual(model.usage(name, query))
      }
      await expectSameReceipts(ledger, accountOf(name))
      expect(await ledger.audit(name)).toMatchObject({ ok: true, divergences: [] })
    }
  }

  function accountOf(name: string): Readonly<ModelAccount> {
    const account = model.look(name)
    if (account === undefined) throw new Error(`The sequence does not use account ${name}`)
    return account
  }
}

/** When the next batch expires or hold lapses. */
function nextEvent(accounts: readonly Readonly<ModelAccount>[], now: number): number | undefined {
  const instants = accounts.flatMap(({ batches, holds }) => [
    ...batches.map(({ expiresAt }) => expiresAt),
    ...holds.filter(({ end }) => end === null).map(({ expiresAt }) => expiresAt),
  ])
  const coming = instants.filter((instant) => instant > now && Number.isFinite(instant))
  return coming.length === 0 ? undefined : Math.min(...coming)
}
