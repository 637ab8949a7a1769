import { CreditsError } from '../src/errors.ts'
import type { Rates } from '../src/rates.ts'
import type { Settings } from './options.ts'
import type { PlanTerms, Provider } from './provider.ts'
import type { MeteredRequest } from './request.ts'

/**
 * What a call is planned on, as of now: a price that changes while the call runs does not change it.
 *
 * @param notes takes what has no price but is let through
 */
export function planTerms(
  request: MeteredRequest,
  provider: Provider,
  settings: Settings,
  notes: string[],
): PlanTerms {
  const { rates: card, strict, maxOutputTokens } = settings
  const at = new Date()
  const host = request.url.hostname
  // A client of one provider's SDK may be pointed at another's API: the prices are those of where it goes.
  const seller = card.providerAt?.(request.url) ?? provider.id
  const unpriced = (what: string) => {
    if (settings.unpriced === 'refuse') throw unknownPrice(what, seller, card.version)
    notes.push(`no price for ${what}`)
  }
  const ratesOf = (model: string) => card.find(seller, model, at)
  return {
    ratesOf,
    requireRates(model) {
      const rates = ratesOf(model)
      if (!rates) unpriced(`the model ${model}`)
      return rates
    },
    serviceRates(service): Rates {
      const rates = ratesOf(service)
      if (rates) return rates
      throw unknownPrice(service, seller, card.version)
    },
    unpriced,
    strict,
    maxOutputTokens,
    askForUsage: provider.streamsUsageOnRequest(host) || settings.usageHosts.includes(host),
  }
}

const unknownPrice = (what: string, provider: string, rateVersion: string) =>
  new CreditsError(
    'unknown_price',
    `No price for ${what} (${provider}, ${rateVersion}), so the call was not made. ` +
      "Set unpriced: 'record' to let such calls through uncharged.",
    { provider, what, rateVersion },
  )
