import { afterAll, beforeAll, expect, it } from 'vitest'
import { Counters } from '../src/counters.ts'
import { CreditsError } from '../src/errors.ts'
import { newCallId } from '../src/ids.ts'
import { readTotals } from '../src/totals.ts'
import { openTestLedger, type TestLedger } from './support/ledger.ts'

let test: TestLedger

beforeAll(async () => {
  test = await openTestLedger()
})
afterAll(() => test.close())

const open = () => new Counters(test.ledger.database)

const refuse = (counters: Counters, code: 'credits_held' | 'key_conflict') =>
  expect(counters.watch('LLM', Promise.reject(new CreditsError(code, 'Refused.')))).rejects.toThrow(
    'Refused.',
  )

const refusals = async () =>
  (await readTotals(test.ledger)).refusals.map(({ category, code, count }) => `${category} ${code} ${count}`)

it('the counts of many processes add up, also where they are written at once', async () => {
  const processes = Array.from({ length: 6 }, open)
  for (let round = 0; round < 5; round += 1) {
    await Promise.all(
      processes.map(async (counters, n) => {
        // In either order: both are to be written in one.
        for (const code of n % 2 === 0
          ? (['credits_held', 'key_conflict'] as const)
          : (['key_conflict'] as const))
          await refuse(counters, code)
        counters.holdEnded('LLM', newCallId())
        await counters.write()
      }),
    )
  }
  expect(await refusals()).toEqual(['LLM credits_held 15', 'LLM key_conflict 30'])
  const { holdTimes } = await readTotals(test.ledger)
  const [llm, ...others] = holdTimes
  expect(llm!.buckets.reduce((sum, [, count]) => sum + count, 0)).toBe(30)
  expect(others.flatMap(({ buckets }) => buckets.filter(([, count]) => count > 0))).toEqual([])
})

it('they are written in one order, so that no two processes wait for each other', async () => {
  const { sql } = test.ledger.database
  const isLocked = async (code: string) => {
    const rows = await sql`select from counters where label = ${code} for update skip locked`
    return rows.length === 0
  }
  const counters = open()
  await refuse(counters, 'key_conflict')
  await refuse(counters, 'credits_held')
  const { writing } = await sql.begin(async (transaction) => {
    await transaction`select from counters where label = 'key_conflict' for update`
    const begun = counters.write()
    await expect.poll(() => isLocked('credits_held')).toBe(true)
    return { writing: begun }
  })
  await writing
})

it('what ends well, and what is no refusal of the ledger, is not counted', async () => {
  const before = await refusals()
  const counters = open()
  expect(await counters.watch('LLM', Promise.resolve('fine'))).toBe('fine')
  await expect(counters.watch('LLM', Promise.reject(new TypeError('a fault')))).rejects.toThrow('a fault')
  await counters.close()
  expect(await refusals()).toEqual(before)
})

it('what cannot be written is kept, and written with what comes after', async () => {
  const { sql } = test.ledger.database
  const [before] = await sql<{ value: number }[]>`
    select coalesce(sum(value), 0)::int as value from counters where metric = 'refusals'`
  const counters = open()
  await refuse(counters, 'credits_held')
  await sql`alter table counters rename to counters_away`
  try {
    await counters.write()
    await refuse(counters, 'credits_held')
  } finally {
    await sql`alter table counters_away rename to counters`
  }
  await counters.close()
  const [after] = await sql<{ value: number }[]>`
    select sum(value)::int as value from counters where metric = 'refusals'`
  expect(after!.value).toBe(before!.value + 2)
})

it('a hold is as old as its id, and goes into one bucket', async () => {
  const { sql } = test.ledger.database
  await sql`delete from counters`
  const counters = open()
  const aged = (seconds: number) => {
    const hex = (Date.now() - seconds * 1000).toString(16).padStart(12, '0')
    return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`
  }
  for (const seconds of [0, 2, 4000, -60]) counters.holdEnded('SpeechToText', aged(seconds))
  await counters.close()
  const speech = (await readTotals(test.ledger)).holdTimes.find(
    ({ category }) => category === 'SpeechToText',
  )!
  expect(speech.buckets.filter(([, count]) => count > 0)).toEqual([
    ['0.1', 2],
    ['2.5', 1],
    ['+Inf', 1],
  ])
  expect(speech.seconds).toBeGreaterThanOrEqual(4002)
  expect(speech.seconds).toBeLessThan(4003)
})
