import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { formatAmount } from '../../src/index.ts'
import { deliver, disputeOf, refundedCharge, stripeEvent } from '../fakes/stripe.ts'
import { openShop, type Shop } from './support/stripe.ts'

let shop: Shop
beforeAll(async () => {
  shop = await openShop()
})
afterAll(() => shop.close())

const send = (event: ReturnType<typeof stripeEvent>) => deliver(shop.server.url, event)

describe('a refund', () => {
  const refund = (reference: string, refunded: number) =>
    stripeEvent('charge.refunded', refundedCharge(reference, 1000, refunded))

  it('voids its share of the credit, more when more is refunded, and never twice', async () => {
    await shop.pay('refunds', 'cs_r1')
    await send(refund('pi_cs_r1', 250))
    expect(await shop.remaining('refunds')).toEqual(['75'])
    await Promise.all(Array.from({ length: 5 }, () => send(refund('pi_cs_r1', 250))))
    expect(await shop.remaining('refunds')).toEqual(['75'])
    await send(refund('pi_cs_r1', 1000))
    await send(refund('pi_cs_r1', 250))
    expect(await shop.batches('refunds')).toMatchObject([{ remaining: '0', state: 'voided' }])
    expect((await shop.ledger.audit('refunds')).ok).toBe(true)
  })

  it('leaves what is used', async () => {
    await shop.pay('used', 'cs_r2')
    const { id } = await shop.ledger.charge('used', { amount: '80', category: 'LLM' })
    await send(refund('pi_cs_r2', 500))
    expect(await shop.remaining('used')).toEqual(['0'])
    expect(formatAmount((await shop.ledger.balance('used')).debt)).toBe('0')

    // What comes back is taken too, as far as it is missing, when Stripe speaks of the payment again.
    await shop.ledger.refund('used', id, { reason: 'It did not work' })
    expect(await shop.remaining('used')).toEqual(['80'])
    await send(refund('pi_cs_r2', 500))
    expect(await shop.remaining('used')).toEqual(['50'])
    await send(refund('pi_cs_r2', 500))
    expect(await shop.remaining('used')).toEqual(['50'])
  })

  it('of all the money leaves nothing that could come back', async () => {
    await shop.pay('all', 'cs_r4')
    const { id } = await shop.ledger.charge('all', { amount: '100', category: 'LLM' })
    await send(refund('pi_cs_r4', 1000))
    await shop.ledger.refund('all', id, { reason: 'It did not work' })
    expect(await shop.batches('all')).toMatchObject([{ remaining: '0', state: 'voided' }])
    expect((await shop.ledger.audit('all')).ok).toBe(true)
  })

  it('that comes before its payment is applied when that comes', async () => {
    expect(await send(refund('pi_cs_r3', 300))).toMatchObject({ status: 200 })
    await shop.pay('early', 'cs_r3')
    expect(await shop.remaining('early')).toEqual(['70'])
  })

  it('and its payment at once come to the same, whichever is first', async () => {
    const ids = Array.from({ length: 20 }, (_, index) => `cs_race${index}`)
    await Promise.all(
      ids.flatMap((id) => [
        shop.pay(`race-${id}`, id),
        send(refund(`pi_${id}`, 500)),
        send(refund(`pi_${id}`, 400)),
      ]),
    )
    for (const id of ids) expect(await shop.remaining(`race-${id}`)).toEqual(['50'])
  })

  it('of something else changes nothing', async () => {
    expect(await send(refund('pi_of_a_shirt', 300))).toMatchObject({ status: 200 })
  })

  it('that fails is for somebody to look at', async () => {
    const failed = { id: 're_1', object: 'refund', amount: 5, charge: 'ch_1', payment_intent: 'pi_1' }
    expect(await send(stripeEvent('refund.failed', failed))).toMatchObject({ status: 200 })
    expect(shop.errors().at(-1)).toContain('A refund failed')
  })
})

describe('a dispute', () => {
  const created = (reference: string, amount = 1000) =>
    stripeEvent('charge.dispute.created', disputeOf(reference, amount, 'needs_response'))
  const closed = (reference: string, status: string, amount = 1000) =>
    stripeEvent('charge.dispute.closed', disputeOf(reference, amount, status))

  it('voids what it may cost, also a part, and a lost one leaves it so', async () => {
    await shop.pay('lost', 'cs_d1')
    await send(created('pi_cs_d1', 400))
    expect(await shop.remaining('lost')).toEqual(['60'])
    await send(closed('pi_cs_d1', 'lost', 400))
    expect(await shop.remaining('lost')).toEqual(['60'])
  })

  it('that is won gives back what it took, as a batch of its own', async () => {
    await shop.pay('won', 'cs_d2')
    await shop.ledger.charge('won', { amount: '30', category: 'LLM' })
    await send(created('pi_cs_d2'))
    expect(await shop.remaining('won')).toEqual(['0'])
    await Promise.all(Array.from({ length: 5 }, () => send(closed('pi_cs_d2', 'won'))))
    await send(created('pi_cs_d2'))
    expect(await shop.batches('won')).toMatchObject([
      { remaining: '0', state: 'depleted' },
      { allocated: '70', remaining: '70', source: 'top_up', reference: 'pi_cs_d2:reinstated' },
    ])
    // A refund afterwards takes it from there.
    await send(stripeEvent('charge.refunded', refundedCharge('pi_cs_d2', 1000, 500)))
    expect(await shop.remaining('won')).toEqual(['0', '20'])
    expect((await shop.ledger.audit('won')).ok).toBe(true)
  })

  it('comes to the same in any order', async () => {
    const id = 'cs_d3'
    const steps = [
      () => shop.pay('shuffled', id),
      () => send(created(`pi_${id}`)),
      () => send(stripeEvent('charge.refunded', refundedCharge(`pi_${id}`, 1000, 100))),
    ]
    await send(closed(`pi_${id}`, 'won'))
    for (const step of steps) await step()
    const left = (await shop.ledger.balance('shuffled')).settled
    expect(formatAmount(left)).toBe('90')
  })

  it.each(['warning_needs_response', 'prevented'])(
    'that takes no money (%s) changes nothing',
    async (status) => {
      const id = `cs_${status}`
      await shop.pay(status, id)
      await send(stripeEvent('charge.dispute.created', disputeOf(`pi_${id}`, 1000, status)))
      expect(await shop.remaining(status)).toEqual(['100'])
    },
  )
})
