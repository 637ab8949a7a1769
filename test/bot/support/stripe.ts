import { createLogger, createServer, type CreditsServer } from '../../../bot/index.ts'
import { type CreditLedger, formatAmount, openCredits } from '../../../src/index.ts'
import {
  deliver,
  type FakeStripe,
  paidSession,
  SECRET_KEY,
  startFakeStripe,
  stripeEvent,
  WEBHOOK_SECRET,
} from '../../fakes/stripe.ts'
import { createTestDatabase } from '../../support/database.ts'

export interface Shop {
  ledger: CreditLedger
  stripe: FakeStripe
  /** Without a key; a dollar buys 10 credits. */
  server: CreditsServer
  /** With a key, and no rate. */
  withKey: CreditsServer
  /** What was logged, and what of it is an error. */
  logged(): string[]
  errors(): string[]
  /** Pays for 100 credits, by the payment intent `pi_<id>`. */
  pay(account: string, id: string): Promise<void>
  /** The account's batches, in the order in which they came. */
  batches(account: string): Promise<ShownBatch[]>
  remaining(account: string): Promise<string[]>
  close(): Promise<void>
}

interface ShownBatch {
  type: string
  source: string
  allocated: string
  remaining: string
  state: string
  reference: string | null
}

/** Servers that take payments, on a database of their own and a Stripe that is ours. */
export async function openShop(): Promise<Shop> {
  const database = await createTestDatabase()
  const ledger = await openCredits({ url: database.url })
  const stripe = await startFakeStripe()
  const lines: string[] = []
  const serve = (secretKey: string | undefined, creditsPerDollar: string | undefined) =>
    createServer({
      ledger,
      port: 0,
      logger: createLogger('info', { write: (line) => void lines.push(line) }),
      stripe: {
        webhookSecret: WEBHOOK_SECRET,
        subscriptionGrace: '3d',
        apiUrl: stripe.apiUrl,
        secretKey,
        creditsPerDollar,
      },
    })
  const server = await serve(undefined, '10')
  const withKey = await serve(SECRET_KEY, undefined)

  async function batches(account: string): Promise<ShownBatch[]> {
    const all = await ledger.batches(account, { all: true })
    return all
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
      .map(({ type, source, allocated, remaining, state, reference }) => ({
        type,
        source,
        allocated: formatAmount(allocated),
        remaining: formatAmount(remaining),
        state,
        reference,
      }))
  }

  return {
    ledger,
    stripe,
    server,
    withKey,
    logged: () => lines,
    errors: () => lines.filter((line) => line.includes('"level":"error"')),
    async pay(account, id) {
      const session = paidSession(id, { metadata: { account, credits: '100' } })
      const { status } = await deliver(server.url, stripeEvent('checkout.session.completed', session))
      if (status !== 200) throw new Error(`The payment was answered with ${status}.`)
    },
    batches,
    remaining: async (account) => (await batches(account)).map((batch) => batch.remaining),
    async close() {
      await server.stop()
      await withKey.stop()
      await stripe.close()
      await ledger.close()
      await database.drop()
    },
  }
}
