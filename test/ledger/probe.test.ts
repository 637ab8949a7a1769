import { expect, it } from 'vitest'
import { openTestLedger } from '../support/ledger.ts'
import { micro } from '../../src/amount.ts'
const show = (v: unknown) => console.log(JSON.stringify(v, (_n, x) => typeof x === 'bigint' ? `${x}µ` : x))
const attempt = async (p: Promise<unknown>) => { try { show(await p) } catch (e: any) { show({ code: e.code, message: e.message, data: e.data }) } }
it('x', async () => {
  const { ledger, clock, openAnother, close } = await openTestLedger()
  await ledger.grant('a', { type: 'free', amount: '10', expiresIn: 10000 })
  const h = await ledger.authorize('a', { amount: '6', category: 'LLM', ttl: 1000 })
  await attempt(ledger.authorize('a', { amount: '6', category: 'LLM', ttl: 1000 }))
  await attempt(ledger.authorize('a', { amount: '11', category: 'LLM', ttl: 1000 }))
  const other = await openAnother()
  await attempt(other.authorize('a', { amount: '6', category: 'LLM', ttl: 1000 }))
  await attempt(other.charge('a', { amount: '6', category: 'LLM' }))
  clock.advance(1000)
  await attempt(ledger.authorize('a', { amount: '6', category: 'LLM', ttl: 1000 }))
  await attempt(ledger.capture('a', h.id, '5'))
  await attempt(ledger.charge('a', { amount: '0', category: 'LLM' }))
  await attempt(ledger.refund('a', h.id, { reason: 'x' }))
  await attempt(ledger.refund('a', h.id, { reason: 'x' }))
  await attempt(ledger.batches('a', { limit: 1.5 }))
  await attempt(ledger.batches('a', { limit: NaN }))
  const h2 = await ledger.authorize('a', { amount: '1', category: 'LLM', ttl: 1000 })
  await attempt(ledger.capture('a', h2.id, '0'))
  await attempt(ledger.refund('a', h2.id, { reason: 'x' }))
  await attempt(ledger.capture('a', h2.id, []))
  await close()
})
