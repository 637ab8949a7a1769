import type { MeterLedger } from '../src/meter.ts'
import type { PriceBook } from '../src/prices.ts'
import { openPricing, type Pricing, type PricingInput, type RateCard } from '../src/rates.ts'
import { publishedRates } from '../src/rates/published.ts'

/** A ledger that knows prices; `CreditLedger` does. */
export interface PricedLedger extends MeterLedger {
  readonly prices?: Pick<PriceBook, 'card' | 'ready' | 'now' | 'pricingOf'> | undefined
}

/** What prices the calls of a client go by. */
export interface CallPrices {
  readonly card: RateCard
  /** By which prices come into force. */
  now(): Date
  /** Waits for what has to be known before the first call. */
  ready(): Promise<void>
  /** How dollars become credits for an account; without one, for those that have none of their own. */
  pricingOf(account: string | undefined): Pricing
}

export interface PriceOptions extends PricingInput {
  readonly credits: PricedLedger
  readonly rates?: RateCard | undefined
  readonly onLedgerDown?: 'deny' | 'allow' | undefined
}

/** @throws CreditsError `invalid_setting` */
export function readPriceOptions(options: PriceOptions): CallPrices {
  const { credits, creditsPerDollar, markup } = options
  const given = { creditsPerDollar, markup }
  const pricing = openPricing(given)
  const book = credits.prices
  if (!book) {
    const card = options.rates ?? publishedRates
    return { card, now: () => new Date(), ready: () => Promise.resolve(), pricingOf: () => pricing }
  }
  return {
    card: options.rates ?? book.card,
    now: () => book.now(),
    async ready() {
      try {
        await book.ready()
      } catch (error) {
        // Where calls go on without the ledger, they do at the published prices until it has been read once.
        if (options.onLedgerDown !== 'allow') throw error
      }
    },
    pricingOf: (account) => book.pricingOf(account, given),
  }
}
