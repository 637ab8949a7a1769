export { type FetchClient, metered } from './metered.ts'
export { meteredFetch } from './metered-fetch.ts'
export type { MeteredOptions } from './options.ts'
export type {
  CallPlan,
  EventReader,
  PlanTerms,
  Provider,
  Route,
  UsageLine,
  UsageReport,
} from './provider.ts'
export { isInsufficientCredits } from './refusal.ts'
export type { Fetch, MeteredRequest } from './request.ts'
