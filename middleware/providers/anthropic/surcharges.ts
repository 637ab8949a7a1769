import { type JsonObject, objectAt } from '../../json.ts'
import type { PlanTerms } from '../../provider.ts'

/** What of a request may change its prices: the values under which the published ones hold, and what the rest are called. */
const PRICED = [
  // With a commitment, `auto` may be served as priority: the answer says so.
  { name: 'service_tier', values: [undefined, null, 'auto', 'standard_only', 'standard'], as: 'the tier' },
  { name: 'speed', values: [undefined, null, 'standard'], as: 'the speed' },
  // Models that cannot be told where to run say that it is not available.
  { name: 'inference_geo', values: [undefined, null, 'global', 'not_available'], as: 'the geography' },
] as const

/**
 * Prices of other tiers, speeds and places are not on the card.
 *
 * @throws CreditsError `unknown_price` by policy
 */
export function checkSurcharges(body: JsonObject, terms: PlanTerms): void {
  for (const { name, as } of surcharged(body)) terms.unpriced(`${as} ${JSON.stringify(body[name])}`)
  // Which attempt is billed, and as what, depends on which of the models declined.
  if (body['fallbacks'] !== undefined && body['fallbacks'] !== null) terms.unpriced('fallback models')
}

/** What it means for a charge that a setting of the workspace had the call served at another price. */
export const surchargesOfAnswer = (message: JsonObject): string[] => {
  const usage = objectAt(message, 'usage')
  return surcharged(usage).map(({ name, as }) => `served in ${as} ${String(usage[name])}, priced as standard`)
}

const surcharged = (stated: JsonObject) =>
  PRICED.filter(({ name, values }) => !(values as readonly unknown[]).includes(stated[name]))
