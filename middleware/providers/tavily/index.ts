import { isObject, type JsonObject, objectAt, stringAt } from '../../json.ts'
import type { PlanTerms } from '../../provider.ts'
import { NOTHING_USED } from '../answer.ts'
import { type MeteredMethod, type MethodRules, wrapClient } from '../../wrapped-client.ts'
import { type Job, seeJob } from '../../wrapped-jobs.ts'
import {
  type Operation,
  servicePrice,
  statedUsage,
  usageLine,
  type WrappedProvider,
  type WrapperOptions,
  wrappedCalls,
} from '../../wrapper.ts'
import {
  creditsOfCrawl,
  creditsOfExtract,
  creditsOfMap,
  creditsOfResearch,
  creditsOfSearch,
  mostCreditsOfSearch,
  optionsOf,
} from './credits.ts'

const TAVILY: WrappedProvider = { id: 'tavily', url: new URL('https://api.tavily.com') }

/** What is used of `@tavily/core`. */
interface TavilyMethods {
  search(query: string, options?: never): Promise<unknown>
  getResearch(requestId: string, options?: { includeUsage?: boolean }): Promise<unknown>
}

/**
 * A Tavily client of the same type, whose calls are paid with credits, by the Tavily credits that the answers state.
 * What the caller sees of them is what an unmetered client gives.
 *
 * `research` keeps its credit reserved until it is over. Streamed research states its cost nowhere: it is refused,
 * or recorded, as `unmetered` says.
 *
 * @throws CreditsError `invalid_setting`
 * @example
 * const search = meteredTavily(tavily({ apiKey }), { credits })
 * await credits.run({ account: 'acme' }, () => search.search('PostgreSQL 18'))
 */
export function meteredTavily<C extends TavilyMethods>(client: C, options: WrapperOptions): C {
  return wrapClient(client, wrappedCalls(TAVILY, options), rulesOf)
}

function rulesOf(client: TavilyMethods): MethodRules {
  return {
    search: stating('search', ([, options]) => mostCreditsOfSearch(optionsOf(options))),
    // These two give text, which states nothing: they cost what is documented for their depth.
    searchQNA: priced('search', ([, options]) =>
      creditsOfSearch(optionsOf(options)['searchDepth'] ?? 'advanced'),
    ),
    searchContext: priced('search', ([, options]) => creditsOfSearch(optionsOf(options)['searchDepth'])),
    extract: stating('extract', ([urls, options]) => creditsOfExtract(urls, optionsOf(options))),
    crawl: stating('crawl', ([, options]) => creditsOfCrawl(optionsOf(options))),
    map: stating('map', ([, options]) => creditsOfMap(optionsOf(options))),
    research: ([, options]) => (optionsOf(options)['stream'] === true ? 'unmetered' : research(client)),
    getResearch: { sent: askForUsage, seen: seeResearch },
    feedback: 'free',
  }
}

/** A method whose answer states its credits when asked to. */
const stating = (name: string, most: (args: readonly unknown[]) => number): MeteredMethod => ({
  operation: (args, terms) => operationOf(name, most(args), terms),
  sent: askForUsage,
  stated: (answer) => ({ usage: objectAt(answer, 'usage'), requestId: stringAt(answer, 'requestId') }),
  seen: hideUsage,
})

/** A method whose cost is known beforehand. */
const priced = (name: string, credits: (args: readonly unknown[]) => number): MeteredMethod => ({
  operation(args, terms) {
    const operation = operationOf(name, credits(args), terms)
    return { ...operation, read: () => ({ lines: [operation.estimate] }) }
  },
})

function research(client: TavilyMethods): MeteredMethod {
  return {
    operation: ([, options], terms) => operationOf('research', creditsOfResearch(optionsOf(options)), terms),
    jobOf(answer): Job {
      const requestId = stringAt(answer, 'requestId')
      return {
        id: requestId && jobId(requestId),
        look: async () => optionsOf(await client.getResearch(requestId ?? '', { includeUsage: true })),
        isOver: (said) => said['status'] === 'completed' || said['status'] === 'failed',
      }
    },
  }
}

function seeResearch(answer: unknown, args: readonly unknown[]): unknown {
  seeJob(jobId(String(args[0])), optionsOf(answer))
  return hideUsage(answer, args)
}

const jobId = (requestId: string): string => `${TAVILY.id}:${requestId}`

function operationOf(name: string, most: number, terms: PlanTerms): Operation {
  const model = `${TAVILY.id}/${name}`
  // All methods are sold by the same credits.
  const rates = servicePrice('search', model, terms)
  return {
    model,
    estimate: usageLine({ credits: BigInt(most) }, rates),
    read: (answer) =>
      statedUsage('credits', objectAt(answer, 'usage')['credits'], rates, idOf(answer)) ??
      (answer['status'] === 'failed' ? NOTHING_USED : undefined),
  }
}

const idOf = (answer: JsonObject): string | undefined =>
  stringAt(answer, 'requestId') ?? stringAt(answer, 'request_id')

/** The options come second in every method. */
function askForUsage([subject, options, ...rest]: readonly unknown[]): unknown[] {
  return [subject, { ...optionsOf(options), includeUsage: true }, ...rest]
}

/** An unmetered client shows the usage to those only who asked for it. */
function hideUsage(answer: unknown, [, options]: readonly unknown[]): unknown {
  if (optionsOf(options)['includeUsage'] === true || !isObject(answer)) return answer
  const seen: Record<string, unknown> = { ...answer }
  delete seen['usage']
  return seen
}
