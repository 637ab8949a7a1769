import { CreditsError } from '../../src/errors.ts'
import { priceOfUnit } from '../../src/rates/rate-card.ts'
import type { Rates } from '../../src/rates.ts'
import { type JsonObject, stringAt } from '../json.ts'
import type { PlanTerms } from '../provider.ts'

/** Other tiers of OpenAI have prices of their own, which the rate card lacks. */
const PRICED_SERVICE_TIERS: readonly unknown[] = [undefined, null, 'auto', 'default']

/** @throws CreditsError `unknown_price`: without a model there is no price */
export function modelOf(body: JsonObject): string {
  const model = stringAt(body, 'model')
  if (model !== undefined && model !== '') return model
  throw new CreditsError('unknown_price', 'The request names no model, so it has no price.')
}

/** @throws CreditsError `unknown_price` by policy */
export function checkServiceTier(tier: unknown, terms: PlanTerms, priced = PRICED_SERVICE_TIERS): void {
  if (!priced.includes(tier)) terms.unpriced(`the service tier ${JSON.stringify(tier)}`)
}

/** What it means for a charge that a project's setting had it served in another tier. */
export const unpricedTier = (tier: unknown, priced = PRICED_SERVICE_TIERS): string[] =>
  priced.includes(tier) ? [] : [`served in tier ${String(tier)}, priced as default`]

/** @throws CreditsError `unknown_price` by policy */
export function checkUnits(units: readonly string[], rates: Rates | undefined, terms: PlanTerms): void {
  if (!rates) return
  for (const unit of units) {
    if (!priceOfUnit(rates, unit)) terms.unpriced(`${unit} of ${rates.model}`)
  }
}
