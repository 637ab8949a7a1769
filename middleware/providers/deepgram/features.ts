import type { Price, Rates } from '../../../src/rates.ts'
import { priceOfUnit } from '../../../src/rates/rate-card.ts'
import type { PlanTerms } from '../../provider.ts'

/** What a request may ask for without paying more. Everything else has a price of its own, or is not known. */
const INCLUDED = new Set([
  // Where the result goes is a matter of its own.
  'callback',
  'callback_method',
  'channels',
  'detect_language',
  'dictation',
  'encoding',
  'extra',
  'filler_words',
  'keywords',
  'language',
  'measurements',
  'model',
  'multichannel',
  'numerals',
  'paragraphs',
  'profanity_filter',
  'punctuate',
  'replace',
  'sample_rate',
  'search',
  'smart_format',
  'tag',
  'utt_split',
  'utterances',
  'version',
])

/** Further words for a feature that is asked for already. */
const PARTS_OF: Readonly<Record<string, string>> = {
  diarize_model: 'diarize',
  diarize_version: 'diarize',
  custom_topic: 'topics',
  custom_topic_mode: 'topics',
  custom_intent: 'intents',
  custom_intent_mode: 'intents',
}

/** The unit of a feature that is sold by the length of the audio, beside the transcription. */
export const featureUnit = (feature: string): string => `${feature}_seconds`

/** The features of a request that cost more than the transcription. */
export function paidFeatures(query: URLSearchParams): string[] {
  const features = new Set<string>()
  for (const [name, value] of query) {
    if (!INCLUDED.has(name) && value !== 'false') features.add(PARTS_OF[name] ?? name)
  }
  return [...features]
}

/**
 * The prices of features by the second. A feature has one where the card has a service of its name.
 *
 * @throws CreditsError `unknown_price` by policy
 */
export function featurePrices(features: readonly string[], terms: PlanTerms): ReadonlyMap<string, Price> {
  const prices = new Map<string, Price>()
  for (const feature of features) {
    const rates = terms.ratesOf(feature)
    const price = rates && priceOfUnit(rates, 'input_audio_seconds')
    if (price) prices.set(featureUnit(feature), price)
    else terms.unpriced(`Deepgram's option ${feature}`)
  }
  return prices
}

export const withPrices = (rates: Rates, further: ReadonlyMap<string, Price>): Rates => ({
  ...rates,
  prices: new Map([...rates.prices, ...further]),
})
