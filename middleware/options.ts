import { parseDuration } from '../src/duration.ts'
import { CreditsError } from '../src/errors.ts'
import type { MeterFailure } from '../src/meter.ts'
import type { Pricing, PricingInput, RateCard } from '../src/rates.ts'
import type { Attribution, DurationInput } from '../src/types.ts'
import { type CallPrices, type PricedLedger, readPriceOptions } from './prices.ts'
import type { Provider } from './provider.ts'

/**
 * How the calls of a client are metered. Attribution and `account` hold for calls outside any `credits.run`;
 * `creditsPerDollar` and `markup` above what is set in the ledger for all accounts, and below what is set for one.
 */
export interface MeteredOptions extends PricingInput, Omit<Attribution, 'model'> {
  /** The ledger that `openCredits` gives. */
  credits: PricedLedger
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
  /** Reserved for audio that a call names by its address, so that its length is not known. Default: 3600. */
  maxAudioSeconds?: number | undefined
  /**
   * Models by the names that calls use for them, where these are names of your own: deployments of Azure, aliases
   * of a gateway, e.g. `{ 'my-deployment': 'gpt-5-mini' }`.
   */
  modelNames?: Readonly<Record<string, string>> | undefined
  /**
   * How long a background response may go unread: then it is fetched once, and charged by an estimate if it does not
   * state its usage by then. At most a day. Default: 1 hour.
   */
  backgroundFor?: DurationInput | undefined
  /** Default: the ledger's prices: the published ones, under those that are stored. */
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
  readonly credits: PricedLedger
  readonly account: string | undefined
  readonly prices: CallPrices
  /** How dollars become credits; `settingsFor` an account, as it is for that account now. */
  readonly pricing: Pricing
  readonly unpriced: 'refuse' | 'record'
  readonly unmetered: 'refuse' | 'record'
  readonly onAbort: 'estimate' | 'drain' | 'input-only'
  readonly onLedgerDown: 'deny' | 'allow'
  readonly modelNames: ReadonlyMap<string, string>
  readonly backgroundForMs: number
  readonly strict: boolean
  readonly maxOutputTokens: number
  readonly maxAudioSeconds: number
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

/** A hold is extended for no longer. */
const LONGEST_BACKGROUND_MS = 24 * 60 * 60 * 1000

/** @throws CreditsError `invalid_setting`, `invalid_duration` */
export function readOptions(options: MeteredOptions): Settings {
  const prices = readPriceOptions(options)
  return {
    credits: options.credits,
    account: options.account,
    agent: options.agent,
    user: options.user,
    conversation: options.conversation,
    tags: options.tags,
    prices,
    pricing: prices.pricingOf(undefined),
    unpriced: oneOf('unpriced', options.unpriced, ['refuse', 'record']),
    unmetered: oneOf('unmetered', options.unmetered, ['refuse', 'record']),
    onAbort: oneOf('onAbort', options.onAbort, ['estimate', 'drain', 'input-only']),
    onLedgerDown: oneOf('onLedgerDown', options.onLedgerDown, ['deny', 'allow']),
    modelNames: new Map(Object.entries(options.modelNames ?? {})),
    backgroundForMs: readBackgroundFor(options.backgroundFor ?? '1h'),
    strict: oneOf('estimate', options.estimate, ['expected', 'strict']) === 'strict',
    maxOutputTokens: wholeNumber('maxOutputTokens', options.maxOutputTokens ?? 4096, 'tokens'),
    maxAudioSeconds: wholeNumber('maxAudioSeconds', options.maxAudioSeconds ?? 3600, 'seconds'),
    provider: options.provider,
    baseURL: options.baseURL === undefined ? undefined : readURL(options.baseURL),
    usageHosts: options.usageHosts ?? [],
    holdTtl: options.holdTtl,
    drainAfterMs: parseDuration(options.drainAfter ?? '2s', 'drainAfter'),
    drainForMs: parseDuration(options.drainFor ?? '5m', 'drainFor'),
    onError: options.onError,
    onUnpriced: options.onUnpriced ? guarded(options.onUnpriced) : warn,
  }
}

const warn = (message: string): void => process.emitWarning(message, { type: 'CreditsWarning' })

/** A listener's own fault keeps neither the answer from the caller nor the charge from the books. */
const guarded =
  (listener: (message: string) => void) =>
  (message: string): void => {
    try {
      listener(message)
    } catch (error) {
      warn(`${message} (onUnpriced failed: ${String(error)})`)
    }
  }

/** The settings of a call: with the pricing of its account, which then holds for the call whatever is set meanwhile. */
export const settingsFor = (account: string, settings: Settings): Settings => ({
  ...settings,
  pricing: settings.prices.pricingOf(account),
})

function readBackgroundFor(input: DurationInput): number {
  const milliseconds = parseDuration(input, 'backgroundFor')
  if (milliseconds <= LONGEST_BACKGROUND_MS) return milliseconds
  throw invalidSetting('backgroundFor', 'give a day at most')
}

function wholeNumber(name: string, value: number, unit: string): number {
  if (Number.isSafeInteger(value) && value >= 1) return value
  throw invalidSetting(name, `give a whole number of ${unit}`)
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
