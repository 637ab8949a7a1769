import type { Rates } from '../../../src/rates.ts'
import { type JsonObject, objectsAt, stringAt } from '../../json.ts'
import type { PlanTerms } from '../../provider.ts'

/** Tools that cost nothing beside their tokens: the caller's own, and those of the provider that are run for free. */
const FREE_TOOL =
  /^(custom|mcp_toolset|bash_\d+|text_editor_\d+|memory_\d+|computer_\d+|computer_toolset_\d+|browser_toolset_\d+|tool_search_tool_\w+)$/
const SEARCH_TOOL = /^web_search_\d+$/
const FETCH_TOOL = /^web_fetch_\d+$/
const CODE_TOOL = /^code_execution_\d+$/
const ADVISOR_TOOL = /^advisor_\d+$/

/** With these the provider runs code for free: they work on what they found with it. */
const FREE_CODE_WITH = /^web_(?:search|fetch)_(\d+)$/
const FREE_CODE_SINCE = 20260209

/** How often a tool is reserved for that sets no limit to its uses. The provider ends a turn after 10. */
const EXPECTED_USES = 3
const STRICT_USES = 10

/** What one use adds to the input, about. */
export const SEARCH_CONTENT_TOKENS = 8000
const FETCH_CONTENT_TOKENS = 20_000

/** The tools of a request, as far as they cost. */
export interface ToolPlan {
  /** At most, or about; 0 without a search tool. */
  readonly searches: number
  /** Undefined where a search has no price. */
  readonly searchRates: Rates | undefined
  /** How often the model may be asked again with what a tool of the provider found. */
  readonly turns: number
  /** What those tools add to the input, in tokens. */
  readonly contentTokens: number
  readonly advisors: readonly Advisor[]
}

/** Another model that the one that answers may ask. */
export interface Advisor {
  readonly model: string
  readonly rates: Rates | undefined
  readonly uses: number
  /** Of one use; undefined for as much as the model allows. */
  readonly outputTokens: unknown
}

/** @throws CreditsError `unknown_price` by policy, for a tool without a price */
export function planTools(body: JsonObject, rates: Rates | undefined, terms: PlanTerms): ToolPlan {
  const tools = objectsAt(body, 'tools')
  const searching = tools.filter((tool) => SEARCH_TOOL.test(typeOf(tool)))
  const fetching = tools.filter((tool) => FETCH_TOOL.test(typeOf(tool)))
  const advising = tools.filter((tool) => ADVISOR_TOOL.test(typeOf(tool)))
  const codeIsFree = tools.some((tool) => Number(FREE_CODE_WITH.exec(typeOf(tool))?.[1]) >= FREE_CODE_SINCE)
  const known = new Set([...searching, ...fetching, ...advising])
  for (const tool of tools) {
    const type = typeOf(tool)
    const isFree = FREE_TOOL.test(type) || (codeIsFree && CODE_TOOL.test(type))
    if (!isFree && !known.has(tool)) terms.unpriced(`the tool ${type}`)
  }
  const searchRates = rates?.prices.has('web_searches') ? rates : terms.ratesOf('web_search')
  if (searching.length > 0 && !searchRates) terms.unpriced('web searches')
  const searches = sumOfUses(searching, terms)
  const fetches = sumOfUses(fetching, terms)
  return {
    searches,
    searchRates,
    turns: searches + fetches + sumOfUses(advising, terms),
    contentTokens: searches * SEARCH_CONTENT_TOKENS + sumOfFetched(fetching, terms),
    advisors: advising.map((tool) => readAdvisor(tool, terms)),
  }
}

function readAdvisor(tool: JsonObject, terms: PlanTerms): Advisor {
  const model = stringAt(tool, 'model') ?? 'without a name'
  return {
    model,
    rates: terms.requireRates(model),
    uses: usesOf(tool, terms),
    outputTokens: tool['max_tokens'],
  }
}

const typeOf = (tool: JsonObject): string => stringAt(tool, 'type') ?? 'custom'

const sumOfUses = (tools: readonly JsonObject[], terms: PlanTerms): number =>
  tools.reduce((sum, tool) => sum + usesOf(tool, terms), 0)

const sumOfFetched = (tools: readonly JsonObject[], terms: PlanTerms): number =>
  tools.reduce(
    (sum, tool) =>
      sum + usesOf(tool, terms) * (wholeNumber(tool['max_content_tokens']) ?? FETCH_CONTENT_TOKENS),
    0,
  )

const usesOf = (tool: JsonObject, { strict }: PlanTerms): number =>
  wholeNumber(tool['max_uses']) ?? (strict ? STRICT_USES : EXPECTED_USES)

const wholeNumber = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
