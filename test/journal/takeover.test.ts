import { mkdir, readFile, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { asc, eq } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { charges } from '../../db/schema.ts'
import type { CreditLedger } from '../../src/credits.ts'
import { identityOf } from '../../src/journal/identity.ts'
import type { Owner } from '../../src/journal/owner.ts'
import type { PaidCall } from '../../src/journal/paid-call.ts'
import { type JournalRecord, lineOf } from '../../src/journal/records.ts'
import { newId } from '../../src/ids.ts'
import { openTestLedger, type TestLedger } from '../support/ledger.ts'
import { startProcess } from '../support/processes.ts'
import { journalsIn, paid } from './support.ts'

let open: TestLedger
let folder: string
beforeAll(async () => {
  open = await openTestLedger()
  folder = join(open.journal, await identityOf(open.ledger.database))
  await mkdir(folder)
})
afterAll(() => open.close())

let account: string
let accounts = 0
beforeEach(async () => {
  account = `left-${++accounts}`
  await open.ledger.grant(account, { type: 'paid', amount: '100' })
})

const hold = async (amount = '2') =>
  (await open.ledger.authorize(account, { amount, category: 'LLM', agent: 'worker' })).id

const ELSEWHERE: Owner = { host: 'elsewhere', pid: 1, started: '1' }

/** A journal as a process has left it. */
async function leave(records: readonly JournalRecord[], suffix = 'left', owner = ELSEWHERE): Promise<string> {
  const path = join(folder, `${newId()}.${suffix}`)
  await writeFile(path, [{ journal: 1 as const, owner }, ...records].map(lineOf).join(''))
  return path
}

const ended = (call: PaidCall): JournalRecord => ({ ended: call })

async function chargesAfter(ledger: CreditLedger) {
  await ledger.settled()
  expect(await ledger.audit(account)).toMatchObject({ ok: true })
  const drizzle = await ledger.database.drizzle()
  return drizzle.select().from(charges).where(eq(charges.accountId, account)).orderBy(asc(charges.id))
}

const warningsOf = (emitted: { mock: { calls: unknown[][] } }) =>
  emitted.mock.calls.map(([message]) => String(message))

test('what a process has left is booked once when the ledger is opened, and its journal goes', async () => {
  const [captured, booked, unfinished, done] = [await hold(), await hold(), await hold(), await hold()]
  await open.ledger.capture(account, done, [{ amount: '1', category: 'LLM' }])
  const attribution = { agent: 'worker', model: 'gpt-5-mini' }
  await leave([
    { answered: paid(captured, '2', account) },
    ended(paid(captured, '1.5', account)),
    ended({ ...paid(booked, '0.5', account), key: 'resp_1', attribution }),
    ended({ ...paid('call-1', '0.25', account), hold: undefined, key: 'call-1', attribution }),
    { answered: paid(unfinished, '0.125', account) },
    // Booked, but its process was killed before it wrote so.
    ended(paid(done, '1', account)),
  ])
  const successor = await open.openAnother()
  expect(await chargesAfter(successor)).toMatchObject([
    { amount: 1_500_000n, agent: 'worker', estimated: false },
    { amount: 125_000n, agent: 'worker', estimated: true },
    { amount: 1_000_000n },
    ...[500_000n, 250_000n].map((amount) => ({ amount, agent: 'worker', model: 'gpt-5-mini' })),
  ])
  expect(await successor.balance(account)).toMatchObject({ openHolds: 0, held: 0n })
  expect(journalsIn(folder, 'left')).toEqual([])
  expect(journalsIn(folder, 'taken')).toEqual([])
})

test('two successors at once book each call once', async () => {
  const holds = await Promise.all(Array.from({ length: 40 }, () => hold('1')))
  for (let n = 0; n < 4; n++) {
    await leave(holds.slice(n * 10, n * 10 + 10).map((id) => ended(paid(id, '0.5', account))))
  }
  // As if one of them had taken a journal and died before it removed it: both have its calls.
  await leave(holds.slice(0, 10).map((id) => ended(paid(id, '0.5', account))))
  const successors = await Promise.all([open.openAnother(), open.openAnother()])
  await Promise.all(successors.map((ledger) => ledger.settled()))
  expect(await chargesAfter(successors[0])).toHaveLength(40)
  expect(await successors[0].balance(account)).toMatchObject({ available: 80_000_000n, openHolds: 0 })
})

test('what the ledger refuses, and what cannot be read, is told and kept for the operator', async () => {
  const emitted = vi.spyOn(process, 'emitWarning').mockReturnValue()
  const [captured, good] = [await hold(), await hold()]
  await open.ledger.capture(account, captured, '1')
  const path = await leave([ended(paid(captured, '1.5', account)), ended(paid(newId(), '3', account))])
  await writeFile(path, `scratched\n${lineOf(ended(paid(good, '0.5', account)))}{"ended":{"id"`, {
    flag: 'a',
  })
  const successor = await open.openAnother()
  expect(await chargesAfter(successor)).toMatchObject([{ amount: 1_000_000n }, { amount: 500_000n }])
  const warnings = warningsOf(emitted)
  emitted.mockRestore()
  expect(warnings.toSorted()).toEqual([
    expect.stringContaining('cannot be read'),
    expect.stringContaining('(hold_not_found)'),
    expect.stringContaining('(key_conflict)'),
  ])
  const kept = (await readFile(join(folder, 'failed.jsonl'), 'utf8')).trimEnd().split('\n')
  const codes = kept.map((line) => (JSON.parse(line) as { code?: string }).code ?? 'corrupt')
  expect(codes.toSorted()).toEqual(['corrupt', 'hold_not_found', 'key_conflict'])
  expect(kept.join()).toContain('"corrupt":"scratched"')
  expect(kept.join()).toContain(JSON.stringify(paid(captured, '1.5', account)))
})

test('an estimate yields to what was captured before the machine went down', async () => {
  const [captured, released] = [await hold(), await hold()]
  await open.ledger.capture(account, captured, '1')
  await open.ledger.release(account, released)
  await leave([{ answered: paid(captured, '2', account) }, { answered: paid(released, '2', account) }])
  const emitted = vi.spyOn(process, 'emitWarning').mockReturnValue()
  expect(await chargesAfter(await open.openAnother())).toMatchObject([{ amount: 1_000_000n }])
  const warnings = warningsOf(emitted)
  emitted.mockRestore()
  expect(warnings).toEqual([])
})

test('a journal of another machine is taken when it was not touched for a minute', async () => {
  const [fresh, stale] = [await hold(), await hold()]
  const left = await leave([ended(paid(fresh, '1', account))], 'journal')
  const path = await leave([ended(paid(stale, '0.5', account))], 'journal')
  const long = new Date(Date.now() - 61_000)
  await utimes(path, long, long)
  expect(await chargesAfter(await open.openAnother())).toMatchObject([{ amount: 500_000n }])
  expect(journalsIn(folder, '.journal')).toContain(left)
  await utimes(left, long, long)
  expect(await chargesAfter(await open.openAnother())).toHaveLength(2)
  expect(journalsIn(folder, '.time')).toEqual([])
})

test('a process that lives keeps its journal, whenever it was touched, and one that is killed does not', async () => {
  const id = await hold()
  const worker = startProcess(new URL('./journal-worker.ts', import.meta.url), [folder, account, id])
  const [, path = ''] = await worker.waitForLine(/^written (.*)$/)
  const long = new Date(Date.now() - 600_000)
  await utimes(path, long, long)
  expect(await chargesAfter(await open.openAnother())).toEqual([])
  expect(journalsIn(folder, '.journal')).toContain(path)
  await worker.kill('SIGKILL')
  expect(await chargesAfter(await open.openAnother())).toMatchObject([{ amount: 750_000n }])
  expect(journalsIn(folder, '.journal')).not.toContain(path)
})
