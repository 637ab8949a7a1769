import { afterAll, beforeAll, expect, it } from 'vitest'
import type { CreditLedger } from '../../src/credits.ts'
import { openTestLedger, refusalOf, type TestLedger } from '../support/ledger.ts'

let test: TestLedger
let ledger: CreditLedger

beforeAll(async () => {
  test = await openTestLedger()
  ledger = test.ledger
})
afterAll(() => test.close())

const grant = (account: string, reference?: string, key?: string) =>
  ledger.grant(account, { type: 'paid', amount: '10', reference, key })

it('a batch is found by what paid for it, whoever has it', async () => {
  const batch = await grant('payer', 'pi_1')
  await grant('payer', 'pi_2')
  await grant('payer')
  expect(batch.reference).toBe('pi_1')
  expect(await ledger.findBatch('pi_1')).toEqual(batch)
  expect(await (await test.openAnother()).findBatch('pi_1')).toEqual(batch)
  expect(await ledger.findBatch('pi_3')).toBeUndefined()
  expect((await ledger.batches('payer')).map(({ reference }) => reference)).toEqual(['pi_1', 'pi_2', null])
})

it('a batch is found as it is by now', async () => {
  const { id } = await grant('spender', 'pi_4')
  await ledger.charge('spender', { amount: '4', category: 'LLM' })
  const voided = await ledger.void('spender', id, { reason: 'refunded' })
  expect(voided).toMatchObject({ reference: 'pi_4', state: 'voided' })
  expect(await ledger.findBatch('pi_4')).toEqual(voided)
})

it('of several the newest is found', async () => {
  await grant('early', 'pi_5')
  test.clock.advance(1000)
  const late = await grant('late', 'pi_5')
  expect(await ledger.findBatch('pi_5')).toEqual(late)
})

it('the reference is part of what a key stands for', async () => {
  const first = await grant('keyed', 'pi_6', 'k')
  expect(await grant('keyed', 'pi_6', 'k')).toEqual(first)
  expect(await refusalOf(grant('keyed', 'pi_7', 'k'))).toMatchObject({ code: 'key_conflict' })
  expect(await refusalOf(grant('keyed', undefined, 'k'))).toMatchObject({ code: 'key_conflict' })
})

it.each(['', 'x'.repeat(201), 'a\0b'])('the reference %j is refused', async (reference) => {
  expect(await refusalOf(grant('bad', reference))).toMatchObject({ code: 'invalid_text' })
  expect(await refusalOf(ledger.findBatch(reference))).toMatchObject({ code: 'invalid_text' })
})
