/** A price as its seller publishes it. */
export interface Price {
  /** Exact. */
  readonly dollars: string
  /** For this many units. */
  readonly per: bigint
}

const CREDITS_PER_DOLLAR = 100n
const MICROS = 1_000_000n

/** The price of a million units, in dollars. */
export const perMillion = (dollars: string): Price => ({ dollars, per: 1_000_000n })
/** The price of a thousand units, in dollars. */
export const perThousand = (dollars: string): Price => ({ dollars, per: 1000n })
/** The price of sixty units, in dollars: of seconds, by the minute. */
export const perMinute = (dollars: string): Price => ({ dollars, per: 60n })
/** The price of 3,600 units, in dollars: of seconds, by the hour. */
export const perHour = (dollars: string): Price => ({ dollars, per: 3600n })

/**
 * What a usage costs in micro-credits, rounded up once, at 100 credits a dollar. It shares nothing with the code
 * under test.
 *
 * @param units quantities of up to six decimals
 */
export function amountOf(
  units: Readonly<Record<string, number>>,
  prices: Readonly<Record<string, Price>>,
): bigint {
  // All over one denominator: the product of what each price is for, and of the millionths on both sides.
  const parts = Object.entries(units).map(([unit, quantity]) => {
    const price = prices[unit]
    if (!price) throw new Error(`The row states no price for ${unit}.`)
    return { numerator: millionths(quantity) * millionths(Number(price.dollars)), per: price.per }
  })
  const denominator = parts.reduce((product, { per }) => product * per, MICROS)
  const numerator = parts.reduce(
    (sum, part) => sum + (part.numerator * CREDITS_PER_DOLLAR * denominator) / MICROS / part.per,
    0n,
  )
  return (numerator + denominator - 1n) / denominator
}

function millionths(quantity: number): bigint {
  const [whole = '', decimals = ''] = quantity.toFixed(6).split('.')
  return BigInt(whole + decimals)
}
