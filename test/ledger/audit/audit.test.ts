import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CreditLedger } from '../../../src/credits.ts'
import { openTestLedger, type TestLedger } from '../../support/ledger.ts'
import { PLANTED } from './planted.ts'
import { tellStory } from './story.ts'

let test: TestLedger
let ledger: CreditLedger

beforeAll(async () => {
  test = await openTestLedger()
  ledger = test.ledger
})
afterAll(() => test.close())

describe('audit', () => {
  it('is ok on an account with every kind of entry', async () => {
    await tellStory(test, 'clean')
    const report = await ledger.audit('clean')
    expect(report).toMatchObject({ ok: true, accounts: 1, batches: 4, charges: 2, divergences: [] })
    const kinds = await ledger.database.sql<{ kind: string }[]>`
      select distinct kind from entries where account_id = 'clean' order by kind`
    expect(kinds.map(({ kind }) => kind)).toEqual(
      'debt expiry extension grant lapse refund release repayment void'.split(' '),
    )
  })

  it.each(PLANTED)('finds and names $what', async ({ what, plant, named }) => {
    const story = await tellStory(test, what)
    expect(await ledger.audit(what)).toMatchObject({ ok: true })
    const { count } = await plant(ledger.database.sql, story)
    expect(count).toBe(1)

    const report = await ledger.audit(what)
    expect(report).toMatchObject({ ok: false, accounts: 1 })
    expect(report.divergences).toHaveLength(1)
    const [divergence] = report.divergences
    expect(divergence).toMatchObject({ account: what })
    expect(divergence!.subject).toMatch(named instanceof RegExp ? named : story[named])
    expect(divergence!.expected).not.toBe(divergence!.found)
  })

  it('of all accounts names each that diverges, and none that does not', async () => {
    await tellStory(test, 'also clean')
    const report = await ledger.audit()
    expect(report).toMatchObject({ ok: false, accounts: PLANTED.length + 2 })
    const named = report.divergences.map(({ account }) => account)
    expect(named.toSorted()).toEqual(PLANTED.map(({ what }) => what).toSorted())
  })
})
