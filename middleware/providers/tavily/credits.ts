import { isObject, type JsonObject } from '../../json.ts'

/*
 * What Tavily's methods cost in its credits, as documented at https://docs.tavily.com/documentation/api-credits
 * (2026-11-22). An answer states what it did cost; this is for what to reserve, and for answers that do not.
 */

/** Pages that a crawl or map takes where the call does not say. */
const DEFAULT_PAGES = 50
const PAGES_PER_MAP_CREDIT = 10
const PAGES_PER_EXTRACT_CREDIT = 5

/** What a research costs at most, by its model. Without a name, Tavily chooses. */
const RESEARCH_CREDITS_MAX: Readonly<Record<string, number>> = { mini: 110, pro: 250 }

const CHEAP_DEPTHS: readonly unknown[] = ['basic', 'fast', 'ultra-fast']

/** @param depth undefined for the default */
export const creditsOfSearch = (depth: unknown): number =>
  depth === undefined || CHEAP_DEPTHS.includes(depth) ? 1 : 2

/** With automatic parameters Tavily may choose the dearer depth. */
export const mostCreditsOfSearch = (options: JsonObject): number =>
  options['autoParameters'] === true ? 2 : creditsOfSearch(options['search_depth'] ?? options['searchDepth'])

export const creditsOfExtract = (urls: unknown, options: JsonObject): number =>
  extractCredits(Array.isArray(urls) ? urls.length : 1, options)

export const creditsOfMap = (options: JsonObject): number => mapCredits(pagesOf(options), options)

/** A crawl is a map and an extract. */
export const creditsOfCrawl = (options: JsonObject): number =>
  mapCredits(pagesOf(options), options) + extractCredits(pagesOf(options), options)

export function creditsOfResearch({ model }: JsonObject): number {
  const most = typeof model === 'string' ? RESEARCH_CREDITS_MAX[model] : undefined
  return most ?? Math.max(...Object.values(RESEARCH_CREDITS_MAX))
}

export const optionsOf = (value: unknown): JsonObject => (isObject(value) ? value : {})

const mapCredits = (pages: number, options: JsonObject): number =>
  Math.ceil(pages / PAGES_PER_MAP_CREDIT) * (options['instructions'] === undefined ? 1 : 2)

const extractCredits = (pages: number, options: JsonObject): number =>
  Math.ceil(pages / PAGES_PER_EXTRACT_CREDIT) * (options['extractDepth'] === 'advanced' ? 2 : 1)

function pagesOf(options: JsonObject): number {
  const limit = options['limit']
  return typeof limit === 'number' && limit > 0 ? limit : DEFAULT_PAGES
}
