import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLogger, createServer } from '../../bot/index.ts'
import {
  deliver,
  invoiceLine,
  paidInvoice,
  paidSession,
  refundedCharge,
  SECRET_KEY,
  stripeEvent,
  WEBHOOK_SECRET,
} from '../fakes/stripe.ts'
import { openShop, type Shop } from './support/stripe.ts'

const DAY_MS = 86_400_000

let shop: Shop
beforeAll(async () => {
  shop = await openShop()
})
afterAll(() => shop.close())

const completed = (id: string, changes?: object) =>
  stripeEvent('checkout.session.completed', paidSession(id, changes))

describe('what is not signed by Stripe', () => {
  it.each([
    ['with another secret', { secret: 'whsec_other' }],
    ['with a malformed signature', { header: 'v1=abc' }],
    ['without a signature', { header: null }],
    ['400 s ago', { ageSeconds: 400 }],
    ['and changed', { body: JSON.stringify(completed('cs_changed', { metadata: { account: 'thief' } })) }],
    ['and empty', { body: '' }],
  ])('is refused: signed %s', async (_, options) => {
    const { status, answer } = await deliver(shop.server.url, completed('cs_refused'), options)
    expect([status, answer['error']]).toEqual([400, 'invalid_signature'])
    expect(await shop.batches('acme')).toEqual([])
    expect(await shop.batches('thief')).toEqual([])
  })

  it('is taken with a signature of 290 s ago', async () => {
    const event = completed('cs_late', { metadata: { account: 'late', credits: '1' } })
    expect(await deliver(shop.server.url, event, { ageSeconds: 290 })).toMatchObject({ status: 200 })
  })

  it('answers 503 where no payments are set up', async () => {
    const bare = await createServer({ ledger: shop.ledger, port: 0, logger: createLogger('silent') })
    const { status, answer } = await deliver(bare.url, completed('cs_bare'))
    expect([status, answer]).toMatchObject([503, { error: 'stripe_not_configured' }])
    await bare.stop()
  })
})

describe('a checkout', () => {
  it('becomes a Paid top-up, with what its metadata says', async () => {
    const event = completed('cs_1', { metadata: { account: ' meta ', credits: '12.5' } })
    expect(await deliver(shop.server.url, event)).toEqual({
      status: 200,
      answer: { outcome: 'credited', reference: 'pi_cs_1' },
    })
    expect(await shop.batches('meta')).toEqual([
      {
        type: 'paid',
        source: 'top_up',
        allocated: '12.5',
        remaining: '12.5',
        state: 'active',
        reference: 'pi_cs_1',
      },
    ])
    const [batch] = await shop.ledger.batches('meta')
    expect(batch).toMatchObject({ expiresAt: null, note: `Stripe cs_1, ${event.id}` })
  })

  it('else with dollars times the rate, without tax and shipping', async () => {
    const total_details = { amount_discount: 0, amount_tax: 190, amount_shipping: 10 }
    const metadata = { account: 'dollars' }
    await deliver(shop.server.url, completed('cs_2', { amount_total: 1234, total_details, metadata }))
    expect(await shop.batches('dollars')).toMatchObject([{ allocated: '103.4' }])
  })

  it('or with what the prices say, for each unit', async () => {
    shop.stripe.shelf.prices['price_small'] = {
      id: 'price_small',
      metadata: { credits: '50' },
      unit_amount: 500,
    }
    shop.stripe.shelf.prices['price_shirt'] = { id: 'price_shirt', metadata: {}, unit_amount: 2000 }
    shop.stripe.shelf.sessionItems['cs_3'] = [
      { price: 'price_small', quantity: 3 },
      { price: 'price_shirt', quantity: 1 },
    ]
    const metadata = { account: 'prices', credits: '1' }
    await deliver(shop.withKey.url, completed('cs_3', { metadata }))
    expect(await shop.batches('prices')).toMatchObject([{ allocated: '150' }])
  })

  it('finds the account in client_reference_id too', async () => {
    await deliver(shop.server.url, completed('cs_4', { metadata: {}, client_reference_id: 'by-link' }))
    expect(await shop.batches('by-link')).toMatchObject([{ allocated: '100' }])
  })

  it('waits for money that is still on its way', async () => {
    const metadata = { account: 'slow', credits: '5' }
    const unpaid = { metadata, payment_status: 'unpaid' }
    expect(await deliver(shop.server.url, completed('cs_5', unpaid))).toMatchObject({
      status: 200,
      answer: { outcome: 'nothing_paid' },
    })
    expect(await shop.batches('slow')).toEqual([])
    const session = paidSession('cs_5', { metadata })
    await deliver(shop.server.url, stripeEvent('checkout.session.async_payment_succeeded', session))
    expect(await shop.batches('slow')).toMatchObject([{ allocated: '5' }])
  })

  it.each([
    ['for a subscription, whose invoice tells', { mode: 'subscription', payment_intent: null }],
    ['that cost nothing', { payment_status: 'no_payment_required', amount_total: 0 }],
    ['that is only a setup', { mode: 'setup', amount_total: null, currency: null }],
  ])('gives nothing %s', async (_, changes) => {
    const event = completed('cs_6', { ...changes, metadata: { account: 'nothing', credits: '5' } })
    expect(await deliver(shop.server.url, event)).toMatchObject({ status: 200 })
    expect(await shop.batches('nothing')).toEqual([])
  })

  it.each<[string, object, string]>([
    ['without an account', { metadata: { credits: '5' } }, 'payment_unplaceable'],
    [
      'with an account that cannot be one',
      { metadata: { account: 'x'.repeat(201), credits: '5' } },
      'invalid_account',
    ],
    ['with credits that are no amount', { metadata: { account: 'odd', credits: 'many' } }, 'invalid_amount'],
    [
      'in a currency without a rate',
      { metadata: { account: 'odd' }, currency: 'jpy' },
      'payment_unplaceable',
    ],
    ['of an unexpected shape', { amount_total: 'ten' }, 'unexpected_event'],
  ])('is not lost %s: Stripe is to show it, and to deliver it again', async (_, changes, error) => {
    const { status, answer } = await deliver(shop.server.url, completed('cs_7', changes))
    expect([status, answer['error']]).toEqual([422, error])
    expect(shop.errors().at(-1)).toContain(error)
  })

  it('that has nothing to do with credit is left alone', async () => {
    const event = completed('cs_8', { metadata: {}, client_reference_id: 'customer-7' })
    expect(await deliver(shop.withKey.url, event)).toMatchObject({
      status: 200,
      answer: { outcome: 'not_about_credit' },
    })
  })

  it('is credited once, however often and by however many events it is told', async () => {
    const metadata = { account: 'once', credits: '5' }
    const event = completed('cs_9', { metadata })
    const others = Array.from({ length: 10 }, () => completed('cs_9', { metadata }))
    const same = Array.from({ length: 10 }, () => event)
    const answers = await Promise.all([...same, ...others].map((one) => deliver(shop.server.url, one)))
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200))
    expect(await shop.batches('once')).toMatchObject([{ allocated: '5' }])
    expect((await shop.ledger.audit('once')).ok).toBe(true)
  })

  it('is tried again when the API does not answer', async () => {
    shop.stripe.shelf.sessionItems['cs_10'] = [{ price: 'price_small', quantity: 1 }]
    const event = completed('cs_10', { metadata: { account: 'patient' } })
    shop.stripe.fail(2)
    expect(await deliver(shop.withKey.url, event)).toMatchObject({
      status: 500,
      answer: { error: 'internal' },
    })
    expect(await shop.batches('patient')).toEqual([])
    expect(await deliver(shop.withKey.url, event)).toMatchObject({ status: 200 })
    expect(await shop.batches('patient')).toMatchObject([{ allocated: '50' }])
  })
})

describe("a subscription's invoice", () => {
  const periodEnd = new Date(Math.floor((Date.now() + 30 * DAY_MS) / 1000) * 1000)
  const paid = (id: string, changes?: object) =>
    stripeEvent('invoice.paid', paidInvoice(id, periodEnd, changes))

  it('becomes a Paid batch that ends with the period and the time of grace', async () => {
    shop.stripe.shelf.prices['price_plan'] = {
      id: 'price_plan',
      metadata: { credits: '300' },
      unit_amount: 2000,
    }
    shop.stripe.shelf.invoicePayments['in_1'] = [
      { payment_intent: 'pi_failed', status: 'canceled', is_default: false },
      { payment_intent: 'pi_in_1', status: 'paid', is_default: true },
    ]
    expect(await deliver(shop.withKey.url, paid('in_1'))).toMatchObject({ status: 200 })
    expect(await shop.batches('acme')).toEqual([
      {
        type: 'paid',
        source: 'subscription',
        allocated: '300',
        remaining: '300',
        state: 'active',
        reference: 'pi_in_1',
      },
    ])
    const [batch] = await shop.ledger.batches('acme')
    expect(batch?.expiresAt?.getTime()).toBe(periodEnd.getTime() + 3 * DAY_MS)
    await deliver(shop.withKey.url, stripeEvent('charge.refunded', refundedCharge('pi_in_1', 2000, 500)))
    expect(await shop.remaining('acme')).toEqual(['225'])
  })

  it('is understood in the shape that it had before 2025-03-31', async () => {
    const line = invoiceLine(periodEnd, {
      pricing: undefined,
      parent: undefined,
      proration: false,
      price: { id: 'price_old', metadata: { credits: '7' }, unit_amount: 2000 },
    })
    const old = {
      parent: undefined,
      subscription: 'sub_1',
      subscription_details: { metadata: { account: 'old-shape' } },
      payment_intent: 'pi_in_2',
      lines: { data: [line], has_more: false },
    }
    expect(await deliver(shop.server.url, paid('in_2', old))).toMatchObject({ status: 200 })
    expect(await shop.batches('old-shape')).toMatchObject([{ allocated: '7', reference: 'pi_in_2' }])
  })

  it('counts parts of a period in proportion, and what is given back against it', async () => {
    const prorated = (amount: number, quantity: number) =>
      invoiceLine(periodEnd, {
        amount,
        quantity,
        parent: { subscription_item_details: { proration: true } },
      })
    const data = [prorated(-1000, 1), prorated(1500, 1)]
    const metadata = { account: 'prorated' }
    const event = paid('in_3', { metadata, total: 500, lines: { data, has_more: false } })
    expect(await deliver(shop.withKey.url, event)).toMatchObject({ status: 200 })
    expect(await shop.batches('prorated')).toMatchObject([{ allocated: '75' }])
  })

  it('is asked for the lines that the event leaves out', async () => {
    shop.stripe.shelf.invoiceLines['in_4'] = [invoiceLine(periodEnd), invoiceLine(periodEnd)]
    const lines = { data: [invoiceLine(periodEnd)], has_more: true }
    await deliver(shop.withKey.url, paid('in_4', { metadata: { account: 'long' }, lines }))
    expect(await shop.batches('long')).toMatchObject([{ allocated: '600' }])
  })

  it.each([
    ['of a trial', { total: 0, amount_paid: 0 }],
    ['of no subscription', { parent: null }],
  ])('gives nothing where it is %s', async (_, changes) => {
    const event = paid('in_5', { ...changes, metadata: { account: 'nothing', credits: '5' } })
    expect(await deliver(shop.server.url, event)).toMatchObject({
      status: 200,
      answer: { outcome: 'nothing_paid' },
    })
    expect(await shop.batches('nothing')).toEqual([])
  })

  it('of a period long past is not lost: somebody has to look at it', async () => {
    const lines = { data: [invoiceLine(new Date(Date.now() - 10 * DAY_MS))], has_more: false }
    const { status, answer } = await deliver(shop.server.url, paid('in_6', { lines }))
    expect([status, answer['error']]).toEqual([422, 'invalid_time'])
  })
})

describe('any other event', () => {
  it('is taken and left', async () => {
    const event = stripeEvent('customer.created', { id: 'cus_1', object: 'customer' })
    expect(await deliver(shop.server.url, event)).toEqual({ status: 200, answer: { outcome: 'ignored' } })
  })

  it('leaves neither secrets nor people in the log', async () => {
    const customer_details = { email: 'ada@example.com', name: 'Ada' }
    const event = completed('cs_named', { customer_details, metadata: { credits: '1' } })
    expect(await deliver(shop.withKey.url, event)).toMatchObject({ status: 422 })
    const logged = shop.logged().join('')
    expect(logged).toContain(event.id)
    for (const secret of [WEBHOOK_SECRET, SECRET_KEY, 'ada@example.com']) expect(logged).not.toContain(secret)
  })
})
