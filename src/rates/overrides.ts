import type { Price, RateCard, Rates } from './rate-card.ts'
import { soldAs } from './rate-card.ts'

/** A price of one unit that holds from a date on, in place of the published one. */
export interface RateOverride {
  readonly provider: string
  readonly model: string
  readonly unit: string
  readonly effectiveFrom: Date
  /** Undefined: from then on the published price holds again. */
  readonly price: Price | undefined
}

/**
 * A rate card with overrides over it. An override is for a model by the name that calls use, or by the card's own
 * name for it, which then holds for all its names; that of the very name wins. It replaces the unit's price with its
 * tiers. A model that the card does not have is priced by its overrides alone.
 */
export class OverriddenCard implements RateCard {
  private readonly base: RateCard
  private readonly overrides = new Map<string, Map<string, RateOverride[]>>()

  /** @param overrides by ascending date */
  constructor(base: RateCard, overrides: readonly RateOverride[]) {
    this.base = base
    for (const override of overrides) {
      const models = getOrAdd(this.overrides, override.provider, () => new Map<string, RateOverride[]>())
      getOrAdd(models, override.model, () => []).push(override)
    }
  }

  get version(): string {
    return this.base.version
  }

  find(provider: string, model: string, at: Date): Rates | undefined {
    const published = this.base.find(provider, model, at)
    const models = this.overrides.get(provider)
    if (!models) return published
    const inForce = new Map<string, RateOverride>()
    for (const name of new Set([published?.model ?? model, model])) {
      for (const override of models.get(name) ?? []) {
        if (override.effectiveFrom <= at) inForce.set(override.unit, override)
      }
    }
    const isPublished = [...inForce.values()].every(({ price }) => price === undefined)
    return isPublished ? published : overridden(provider, model, published, inForce)
  }

  providerAt(url: URL): string | undefined {
    return this.base.providerAt?.(url)
  }
}

/**
 * Its version names the latest date among the overrides, those included that give a unit back its published price:
 * what was in force then does not change any more.
 */
function overridden(
  provider: string,
  model: string,
  published: Rates | undefined,
  overrides: ReadonlyMap<string, RateOverride>,
): Rates {
  const prices = new Map(published?.prices)
  let latest = 0
  for (const [unit, { effectiveFrom, price }] of overrides) {
    if (published && price) dropFollowers(prices, published, unit)
    latest = Math.max(latest, effectiveFrom.getTime())
  }
  // After all followers are gone: one may have an override of its own.
  for (const [unit, { price }] of overrides) {
    const own = price ?? published?.prices.get(unit)
    if (own) prices.set(unit, own)
  }
  const version = `overrides@${new Date(latest).toISOString()}`
  return {
    provider,
    model: published?.model ?? model,
    version: published ? `${published.version}+${version}` : version,
    prices,
    contextWindow: published?.contextWindow,
  }
}

/**
 * Units that are published at the very price of the unit they are sold as (a second of audio under its two names)
 * follow it: else the override of one would leave the other, which calls may be counted in, as it was.
 */
function dropFollowers(prices: Map<string, Price>, published: Rates, unit: string): void {
  const price = published.prices.get(unit)
  if (!price) return
  for (const [other, itsPrice] of published.prices) {
    if (soldAs(other) !== unit || !isSamePrice(price, itsPrice)) continue
    prices.delete(other)
    dropFollowers(prices, published, other)
  }
}

const isSamePrice = (a: Price, b: Price): boolean => keyOf(a) === keyOf(b)

const keyOf = ({ picoDollars, tiers }: Price): string =>
  [{ aboveInputTokens: 0n, picoDollars }, ...tiers]
    .map((tier) => `${tier.aboveInputTokens}:${tier.picoDollars.numerator}/${tier.picoDollars.denominator}`)
    .join()

function getOrAdd<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}
