import { parseDuration } from '../src/duration.ts'
import { CreditsError } from '../src/errors.ts'
import type { MeterFailure, MeterLedger } from '../src/meter.ts'
import { openPricing, type Pricing, type PricingInput, type RateCard } from '../src/rates.ts'
import { publishedRates } from '../src/rates/published.ts'
import type { Attribution, DurationInput } from '../src/types.ts'
import type { Provider } from './provider.ts'

/** How the calls of a client are metered. Attribution and `account` hold for calls outside any `credits.run`. */
export interface MeteredOptions extends PricingInput, Omit<Attribution, 'model'> {
  /** The ledger that `openCredits` gives. */
  credits: MeterLedger
  /** Whom to charge where no `credits.run` says. Default: such calls are refused. */
  account?: string | undefined
  /** What to do with a model or a use of it that has no price. Default: refuse it before the call. */
  unpriced?: 'refuse' | 'record' | undefined
  /** What to do with a route that costs money in a way that is not known here. Default: refuse it. */
  unmetered?: 'refuse' | 'record' | undefined
  /**
   * What a stream costs that its caller leaves: an estimate of what was delivered, what the provider says in the end
   * (the rest is read, with a deadline), or its input only. Default: estimate.
   */
  onAbort?: 'estimate' | 'drain' | 'input-only' | undefined
  /** What to do with a call while the ledger cannot be reached. Default: deny it. */
  onLedgerDown?: 'deny' | 'allow' | undefined
  /** How much to reserve: about what a call can be expected to cost at most, or a strict bound. Default: expected. */
  estimate?: 'expected' | 'strict' | undefined
  /** Output reserved for a call that sets no limit to it, in tokens. Default: 4096. */
  maxOutputTokens?: number | undefined
  /** Default: the published prices. */
  rates?: RateCard | undefined
  /** Whose API is spoken. Default: told by the address of each call. */
  provider?: Provider | undefined
  /** Where the API begins, e.g. `https://api.openai.com/v1`. Default: the client's; else up to `/v1`. */
  baseURL?: string | undefined
  /** Further hosts that take `stream_options.include_usage` and send no usage unasked. */
  usageHosts?: readonly string[] | undefined
  /** How long a hold lasts between two extensions. Default: the ledger's. */
  holdTtl?: DurationInput | undefined
  /** A stream that nobody reads on is read ahead after this time, so that its cost is known. Default: 2 s. */
  drainAfter?: DurationInput | undefined
  /** How long that may take; then it is ended and its cost estimated. Default: 5 minutes. */
  drainFor?: DurationInput | undefined
  /** Told when a call ran but its charge could not be booked as it should. Default: a process warning. */
  onError?: ((error: unknown, failure: MeterFailure) => void) | undefined
  /** Told of each call without a price that the policy lets through. Default: a process warning. */
  onUnpriced?: ((message: string) => void) | undefined
}

/** The options, checked and with their defaults. */
export interface Settings extends Omit<Attribution, 'model'> {
  readonly credits: MeterLedger
  readonly account: string | undefined
  readonly pricing: Pricing
  readonly unpriced: 'refuse' | 'record'
  readonly unmetered: 'refuse' | 'record'
  readonly onAbort: 'estimate' | 'drain' | 'input-only'
  readonly onLedgerDown: 'deny' | 'allow'
  readonly strict: boolean
  readonly maxOutputTokens: number
  readonly rates: RateCard
  /** Undefined: each call's address tells. */
  readonly provider: Provider | undefined
  readonly baseURL: URL | undefined
  readonly usageHosts: readonly string[]
  readonly holdTtl: DurationInput | undefined
  readonly drainAfterMs: number
  readonly drainForMs: number
  readonly onError: MeteredOptions['onError']
  readonly onUnpriced: (message: string) => void
}

/** @throws CreditsError `invalid_setting`, `invalid_duration` */
export function readOptions(options: MeteredOptions): Settings {
  const maxOutputTokens = options.maxOutputTokens ?? 4096
  if (!Number.isSafeInteger(maxOutputTokens) || maxOutputTokens < 1) {
    throw invalidSetting('maxOutputTokens', 'give a whole number of tokens')
  }
  return {
    credits: options.credits,
    account: options.account,
    agent: options.agent,
    user: options.user,
    conversation: options.conversation,
    tags: options.tags,
    pricing: openPricing(options),
    unpriced: oneOf('unpriced', options.unpriced, ['refuse', 'record']),
    unmetered: oneOf('unmetered', options.unmetered, ['refuse', 'record']),
    onAbort: oneOf('onAbort', options.onAbort, ['estimate', 'drain', 'input-only']),
    onLedgerDown: oneOf('onLedgerDown', options.onLedgerDown, ['deny', 'allow']),
    strict: oneOf('estimate', options.estimate, ['expected', 'strict']) === 'strict',
    maxOutputTokens,
    rates: options.rates ?? publishedRates,
    provider: options.provider,
    baseURL: options.baseURL === undefined ? undefined : readURL(options.baseURL),
    usageHosts: options.usageHosts ?? [],
    holdTtl: options.holdTtl,
    drainAfterMs: parseDuration(options.drainAfter ?? '2s', 'drainAfter'),
    drainForMs: parseDuration(options.drainFor ?? '5m', 'drainFor'),
    onError: options.onError,
    onUnpriced: options.onUnpriced ?? ((message) => process.emitWarning(message, { type: 'CreditsWarning' })),
  }
}

/** The first choice is the default. */
function oneOf<T extends string>(name: string, given: T | undefined, choices: readonly [T, ...T[]]): T {
  const chosen = given ?? choices[0]
  if (choices.includes(chosen)) return chosen
  throw invalidSetting(name, `give one of ${choices.join(', ')}`)
}

function readURL(text: string): URL {
  const url = URL.parse(text)
  if (url) return url
  throw invalidSetting('baseURL', 'give a URL such as https://api.openai.com/v1')
}

const invalidSetting = (name: string, hint: string) =>
  new CreditsError('invalid_setting', `Invalid ${name}: ${hint}.`, { name })
