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
  request: Pick<MeteredRequest, 'url'>,
  provider: Pick<Provider, 'id' | 'streamsUsageOnRequest'>,
  settings: Settings,
  notes: string[],
): PlanTerms {
  const { strict, maxOutputTokens, maxAudioSeconds } = settings
  const { card } = settings.prices
  const at = settings.prices.now()
  const host = request.url.hostname
  // A client of one provider's SDK may be pointed at another's API: the prices are those of where it goes.
  const seller = card.providerAt?.(request.url) ?? provider.id
  const unpriced = (what: string, hint?: string) => {
    if (settings.unpriced === 'refuse') throw unknownPrice(what, seller, card.version, hint)
    notes.push(`no price for ${what}`)
  }
  const modelNamed = (name: string) => settings.modelNames.get(name) ?? name
  const ratesOf = (model: string) => card.find(seller, modelNamed(model), at)
  return {
    modelNamed,
    ratesOf,
    requireRates(model) {
      const rates = ratesOf(model)
      if (!rates) unpriced(`the model ${model}`, modelHint(model))
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
    maxAudioSeconds,
    askForUsage: provider.streamsUsageOnRequest(host, request.url) || settings.usageHosts.includes(host),
  }
}

const modelHint = (model: string): string =>
  `If that is your own name for a model, say which: modelNames: { '${model}': … }. `

const unknownPrice = (what: string, provider: string, rateVersion: string, hint = '') =>
  new CreditsError(
    'unknown_price',
    `No price for ${what} (${provider}, ${rateVersion}), so the call was not made. ${hint}` +
      "Set unpriced: 'record' to let such calls through uncharged.",
    { provider, what, rateVersion },
  )
