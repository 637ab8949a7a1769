import { type Fraction, fraction } from '../../../src/rates/fraction.ts'
import { isObject, type JsonObject } from '../../json.ts'

/*
 * What Exa's calls cost at most, for what to reserve: https://exa.ai/docs/reference/pricing (2026-11-22). An answer
 * states in dollars what it did cost, and that is charged. In tenths of a cent, so that all are whole numbers.
 */
const SEARCH = 7
const DEEP_SEARCH = 15
const RESULTS_INCLUDED = 10
const RESULT = 1
const PAGE = 1
const ANSWER = 5
/** The dearest effort that has a price of its own. */
const AGENT_RUN = 1000
/** What a run is limited to whose effort is metered, where it sets no budget. */
const METERED_AGENT_RUN = 5000
/** The dearest efforts go beyond it; no limit of theirs is published. */
const UNLIMITED_AGENT_RUN = 20_000
/** No limit is published: many times what a research usually costs. */
const RESEARCH = 1000
const RESEARCH_PRO = 2000

const DEFAULT_RESULTS = 10

/** `/search` and `/findSimilar` */
export function mostOfSearch(body: JsonObject): Fraction {
  const results = numberAt(body, 'numResults') ?? DEFAULT_RESULTS
  const { type } = body
  const deep = typeof type === 'string' && type.startsWith('deep')
  const further = Math.max(0, results - RESULTS_INCLUDED) * RESULT
  return dollars((deep ? DEEP_SEARCH : SEARCH) + further + extraPages(body['contents'], results))
}

/** `/contents` */
export function mostOfContents(body: JsonObject): Fraction {
  const listed = body['urls'] ?? body['ids']
  const pages = Array.isArray(listed) ? listed.length : 1
  const kinds = ['text', 'highlights', 'summary'].filter((kind) => isAsked(body[kind])).length
  return dollars(pages * (1 + subpages(body)) * Math.max(1, kinds) * PAGE)
}

/** `/answer` */
export const mostOfAnswer = (): Fraction => dollars(ANSWER)

/** `/research/v1` */
export const mostOfResearch = (body: JsonObject): Fraction =>
  dollars(body['model'] === 'exa-research-pro' ? RESEARCH_PRO : RESEARCH)

/** `/agent/runs` */
export function mostOfAgentRun(body: JsonObject): Fraction {
  const { effort = 'auto', budget } = body
  const limit = isObject(budget) ? numberAt(budget, 'maxCostDollars') : undefined
  if (limit !== undefined) return dollars(Math.ceil(limit * 1000))
  if (effort === 'auto') return dollars(METERED_AGENT_RUN)
  return dollars(effort === 'ultra' || effort === 'max' ? UNLIMITED_AGENT_RUN : AGENT_RUN)
}

/** Summaries, and pages below those that were found. The text of what was found is included. */
function extraPages(contents: unknown, results: number): number {
  if (!isObject(contents)) return 0
  const below = subpages(contents)
  return results * (isAsked(contents['summary']) ? 1 + below : 0) * PAGE + results * below * PAGE
}

const subpages = (contents: JsonObject): number => numberAt(contents, 'subpages') ?? 0

const isAsked = (value: unknown): boolean => value !== undefined && value !== null && value !== false

function numberAt(value: JsonObject, name: string): number | undefined {
  const member = value[name]
  return typeof member === 'number' && member >= 0 && member < 1e6 ? member : undefined
}

const dollars = (thousandths: number): Fraction => fraction(BigInt(Math.ceil(thousandths)), 1000n)
