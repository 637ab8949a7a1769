/** The credit ledger: what `import … from 'agent-credits'` gives. */
export type { TakeAlerts } from './alerts/outbox.ts'
export type { AlertInput, RaisedKind } from './alerts/raising.ts'
export { type AmountInput, type Credits, displayAmount, formatAmount, micro, parseAmount } from './amount.ts'
export { type Clock, TestClock } from './clock.ts'
export { type CallContext, currentContext } from './context.ts'
export { CreditLedger, openCredits, type OpenOptions } from './credits.ts'
export { compareDrawDown, type DrawableBatch, type DrawDown, drawDown } from './draw-down.ts'
export { CreditsError, type CreditsErrorCode } from './errors.ts'
export type { JournalInput } from './journal/journal-options.ts'
export { type Json, toJson } from './json.ts'
export type { CallCost, MeteredHold, MeterFailure, MeterOptions } from './meter.ts'
export type {
  ListedRate,
  ListedSetting,
  PriceBook,
  PricingChange,
  RateInput,
  RatesQuery,
  SetRate,
  SetRatesOptions,
} from './prices.ts'
export * from './types.ts'
