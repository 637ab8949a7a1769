export { type FetchClient, metered } from './metered.ts'
export { meteredFetch } from './metered-fetch.ts'
export type { MeteredOptions } from './options.ts'
export type { OptionsClient } from './options-client.ts'
export type {
  CallPlan,
  EventReader,
  PlanTerms,
  Provider,
  Reading,
  ReadingRoute,
  Route,
  UsageLine,
  UsageReport,
} from './provider.ts'
export { isInsufficientCredits } from './refusal.ts'
export type { Fetch, MeteredRequest } from './request.ts'
export type { WrapperOptions } from './wrapper.ts'
// For `credits.meter`: what a usage costs.
export {
  type Cost,
  costOf,
  costOfDollars,
  openPricing,
  type Pricing,
  type PricingInput,
  type Usage,
} from '../src/rates.ts'
export { publishedRates } from '../src/rates/published.ts'
export type { Price, PriceTier, RateCard, Rates } from '../src/rates/rate-card.ts'
