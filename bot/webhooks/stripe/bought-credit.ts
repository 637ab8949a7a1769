import { type Credits, micro, parsePositiveAmount } from '../../../src/amount.ts'
import type { Price } from './events.ts'

/** Something on a bill, with what its price says. */
export interface BilledItem {
  price: Price
  quantity: number
  /**
   * A part of a period only: what was billed for it, negative where a part of the old period was given back. The
   * item then counts in proportion to its full price.
   */
  proratedAmount: number | undefined
}

export interface Bill {
  items: readonly BilledItem[]
  /** Of the session, the invoice or its subscription; the first that names credits counts. */
  metadata: readonly Readonly<Record<string, string>>[]
  currency: string | null
  /** Without tax and shipping, in the currency's smallest unit. */
  netAmount: number
}

const CENTS_PER_DOLLAR = 100n

/**
 * What was bought: what the prices say (`credits` in their metadata, for each unit), else what the session or
 * invoice says for all of it, else US dollars times the rate. Undefined where nothing tells. A fraction of a
 * micro-credit is left out.
 *
 * @throws CreditsError `invalid_amount` where one of them is no amount
 */
export function boughtCredit(bill: Bill, creditsPerDollar: string | undefined): Credits | undefined {
  const priced = bill.items.filter((item) => item.price.metadata['credits'] !== undefined)
  if (priced.length > 0) return micro(priced.reduce((sum, item) => sum + creditOf(item), 0n))

  const stated = bill.metadata.find((values) => values['credits'] !== undefined)?.['credits']
  if (stated !== undefined) return parsePositiveAmount(stated, 'credits in the metadata')

  if (creditsPerDollar === undefined || bill.currency !== 'usd') return undefined
  return micro((BigInt(bill.netAmount) * parsePositiveAmount(creditsPerDollar)) / CENTS_PER_DOLLAR)
}

function creditOf({ price, quantity, proratedAmount }: BilledItem): bigint {
  const perUnit = parsePositiveAmount(price.metadata['credits'], `credits in the metadata of ${price.id}`)
  if (proratedAmount === undefined) return perUnit * BigInt(quantity)
  // A price in tiers has no amount for a unit to compare with.
  return price.unit_amount ? (perUnit * BigInt(proratedAmount)) / BigInt(price.unit_amount) : 0n
}
