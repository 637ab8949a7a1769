import { type Fraction, fraction } from '../../../src/rates/fraction.ts'
import { type Rates, reportedRates } from '../../../src/rates.ts'
import { isObject, type JsonObject, objectAt, stringAt } from '../../json.ts'
import type { UsageReport } from '../../provider.ts'
import { NOTHING_USED } from '../answer.ts'
import { type Operation, statedUsage, usageLine } from '../../wrapper.ts'
import { mostOfAgentRun, mostOfAnswer, mostOfContents, mostOfResearch, mostOfSearch } from './dollars.ts'

/** A kind of request to Exa that costs money. */
export interface ExaRoute {
  readonly name: string
  /** What a request costs at most, in US dollars. */
  readonly most: (body: JsonObject) => Fraction
  /** Whether its answer only begins the work, which is read below the same path by the answer's id. */
  readonly begins?: boolean
}

const ROUTES = new Map<string, ExaRoute>([
  ['/search', { name: 'search', most: mostOfSearch }],
  ['/findSimilar', { name: 'find-similar', most: mostOfSearch }],
  ['/contents', { name: 'contents', most: mostOfContents }],
  ['/answer', { name: 'answer', most: mostOfAnswer }],
  ['/research/v1', { name: 'research', most: mostOfResearch, begins: true }],
  ['/agent/runs', { name: 'agent-run', most: mostOfAgentRun, begins: true }],
])

const FREE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS', 'DELETE'])

/** Ending what runs costs nothing of its own. */
const FREE_POSTS = /^\/agent\/runs\/[^/]+\/(cancel|stop)$|^\/websets\/v0\/webhooks(\/|$)/

const JOB_PATH = /^\/(?:research\/v1|agent\/runs)\/([^/?]+)$/

export function classify(method: string, path: string): ExaRoute | 'free' | 'unmetered' {
  if (FREE_METHODS.has(method) || FREE_POSTS.test(path)) return 'free'
  return (method === 'POST' ? ROUTES.get(path) : undefined) ?? 'unmetered'
}

/** The id of the work that a request asks about; undefined where it asks about none. */
export const askedJob = (method: string, path: string): string | undefined =>
  method === 'GET' ? JOB_PATH.exec(path)?.[1] : undefined

export const isOver = ({ status }: JsonObject): boolean =>
  status === 'completed' || status === 'failed' || status === 'canceled' || status === 'cancelled'

export function operationOf({ name, most }: ExaRoute, body: JsonObject): Operation {
  return {
    model: `exa/${name}`,
    estimate: usageLine({ [EXPECTED_DOLLARS]: most(body) }, EXPECTED),
    read: (answer) =>
      readCost(answer) ?? (isOver(answer) && answer['status'] !== 'completed' ? NOTHING_USED : undefined),
  }
}

/** A dollar that Exa has not stated is none in the receipt's eyes. */
const EXPECTED_DOLLARS = 'expected_dollars'

const EXPECTED: Rates = {
  ...reportedRates('exa', 'service'),
  version: 'https://exa.ai/docs/reference/pricing 2026-11-22',
  prices: new Map([[EXPECTED_DOLLARS, { picoDollars: fraction(10n ** 12n), tiers: [] }]]),
}

const REPORTED = reportedRates('exa', 'service')

/** An answer states its cost; an event may have the answer in it. */
function readCost(said: JsonObject): UsageReport | undefined {
  for (const answer of [said, objectAt(said, 'data'), objectAt(said, 'run'), objectAt(said, 'output')]) {
    const { total } = objectAt(answer, 'costDollars')
    const stated = statedUsage('dollars', total, REPORTED, idOf(answer) ?? idOf(said))
    if (stated) return stated
  }
  return undefined
}

/** The part of an answer that says its cost. */
export function statedPart(answer: unknown): JsonObject {
  if (!isObject(answer)) return {}
  const { costDollars, status, requestId, id, researchId } = answer
  return { costDollars, status, requestId, id, researchId }
}

export const idOf = (answer: unknown): string | undefined =>
  stringAt(answer, 'researchId') ?? stringAt(answer, 'requestId') ?? stringAt(answer, 'id')
