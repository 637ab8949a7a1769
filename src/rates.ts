import { type Credits, micro } from './amount.ts'
import { CreditsError } from './errors.ts'
import {
  add,
  ceiling,
  type Fraction,
  formatFraction,
  fraction,
  multiply,
  parseFraction,
} from './rates/fraction.ts'
import { isInputToken, type Price, priceOfUnit, type Rates, type Usage } from './rates/rate-card.ts'
import { REPORTED_DOLLARS, reportedRates } from './rates/reported.ts'

export type { Fraction } from './rates/fraction.ts'
export type { Price, PriceTier, RateCard, Rates, Usage } from './rates/rate-card.ts'
export { reportedRates } from './rates/reported.ts'

/** How dollars become credits. Decimal strings, taken exactly. */
export interface PricingInput {
  /** Default: `'100'`, a credit is a cent. */
  creditsPerDollar?: string | undefined
  /** What the provider's price is multiplied by. Default: `'1'`. */
  markup?: string | undefined
}

export interface Pricing {
  /** Credits for one pico-dollar, markup included. */
  readonly creditsPerPicoDollar: Fraction
}

/** What a usage costs: an amount to charge, and the rest for the receipt (`ReceiptDetail`). */
export interface Cost {
  readonly amount: Credits
  readonly units: Readonly<Record<string, string>>
  /** Credits for one unit. */
  readonly prices: Readonly<Record<string, string>>
  /** Credits, before rounding up. */
  readonly exactCost: string
  readonly provider: string
  readonly rateVersion: string
  /** US dollars, where the provider stated what it cost. */
  readonly providerCost?: string
}

const PICO_DOLLAR = fraction(1n, 10n ** 12n)
const MICRO_CREDITS = fraction(1_000_000n)
const NOTHING = fraction(0n)

/**
 * @throws CreditsError `invalid_setting` unless both are positive decimal numbers
 * @example openPricing({ creditsPerDollar: '100', markup: '1.2' })
 */
export function openPricing(input: PricingInput = {}): Pricing {
  const creditsPerDollar = parsePositive(input.creditsPerDollar ?? '100', 'creditsPerDollar')
  const markup = parsePositive(input.markup ?? '1', 'markup')
  return { creditsPerPicoDollar: multiply(multiply(creditsPerDollar, markup), PICO_DOLLAR) }
}

/**
 * What a usage costs, exactly, and rounded up once to a micro-credit. A model with a price per request costs one
 * request where the usage does not count them.
 *
 * @param usage disjoint buckets; a bucket of 0 needs no price
 * @throws CreditsError `unknown_price` for a unit that has none: nothing that costs money is silently free
 * @example costOf({ input_tokens: 1200n, output_tokens: 88n }, rates, openPricing()).amount
 */
export function costOf(usage: Usage, rates: Rates, pricing: Pricing): Cost {
  const units: Record<string, string> = {}
  const prices: Record<string, string> = {}
  const exact = exactCredits(usage, rates, pricing, (unit, count, credits) => {
    units[unit] = formatFraction(count)
    prices[unit] = formatFraction(credits)
  })
  return {
    amount: toAmount(exact),
    units,
    prices,
    exactCost: formatFraction(exact),
    provider: rates.provider,
    rateVersion: rates.version,
    ...(units[REPORTED_DOLLARS] === undefined ? {} : { providerCost: units[REPORTED_DOLLARS] }),
  }
}

/**
 * The amount alone, for a hold, which has no receipt: half the time.
 *
 * @throws CreditsError `unknown_price` as `costOf`
 */
export const amountOf = (usage: Usage, rates: Rates, pricing: Pricing): Credits =>
  toAmount(exactCredits(usage, rates, pricing))

function exactCredits(
  usage: Usage,
  rates: Rates,
  pricing: Pricing,
  each?: (unit: string, count: Fraction, credits: Fraction) => void,
): Fraction {
  const inputTokens = countInputTokens(usage)
  let exact = NOTHING
  for (const [unit, quantity] of Object.entries(withRequest(usage, rates))) {
    const count = toFraction(quantity)
    if (count.numerator === 0n) continue
    const price = priceOfUnit(rates, unit)
    if (!price) throw unknownUnit(rates, unit)
    const credits = multiply(picoDollarsAt(price, inputTokens), pricing.creditsPerPicoDollar)
    each?.(unit, count, credits)
    exact = add(exact, multiply(count, credits))
  }
  return exact
}

const toAmount = (exact: Fraction): Credits => micro(ceiling(multiply(exact, MICRO_CREDITS)))

/**
 * What a call costs whose provider says so in US dollars: those dollars, exactly, with the markup.
 *
 * @param service what it is of, for messages
 * @throws CreditsError `invalid_setting` for what is no decimal number
 * @example costOfDollars('0.005', 'exa', credits.prices.pricingOf('acme')).amount
 */
export const costOfDollars = (
  dollars: string,
  provider: string,
  pricing: Pricing,
  service = 'service',
): Cost =>
  costOf({ [REPORTED_DOLLARS]: parseFraction(dollars, 'cost') }, reportedRates(provider, service), pricing)

/** A quantity of a usage as an exact decimal string. */
export const formatQuantity = (quantity: bigint | Fraction): string => formatFraction(toFraction(quantity))

const toFraction = (quantity: bigint | Fraction): Fraction =>
  typeof quantity === 'bigint' ? fraction(quantity) : quantity

function parsePositive(text: unknown, name: string): Fraction {
  if (typeof text !== 'string') {
    throw new CreditsError('invalid_setting', `Invalid ${name}: give a decimal string such as '1.25'.`, {
      name,
    })
  }
  const value = parseFraction(text, name)
  if (value.numerator > 0n) return value
  throw new CreditsError('invalid_setting', `Invalid ${name}: it must be more than 0.`, { name })
}

function countInputTokens(usage: Usage): bigint {
  let sum = 0n
  for (const [unit, quantity] of Object.entries(usage)) {
    if (isInputToken(unit) && typeof quantity === 'bigint') sum += quantity
  }
  return sum
}

const withRequest = (usage: Usage, rates: Rates): Usage =>
  rates.prices.has('requests') && usage['requests'] === undefined ? { ...usage, requests: 1n } : usage

/** The highest tier whose threshold the input has passed holds for all of it, as providers bill it. */
const picoDollarsAt = (price: Price, inputTokens: bigint): Fraction =>
  price.tiers.findLast((tier) => inputTokens > tier.aboveInputTokens)?.picoDollars ?? price.picoDollars

const unknownUnit = (rates: Rates, unit: string) =>
  new CreditsError('unknown_price', `No price for ${unit} of ${rates.model} (${rates.provider}).`, {
    provider: rates.provider,
    model: rates.model,
    unit,
  })
