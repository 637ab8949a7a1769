import type { Rates } from '../../../src/rates.ts'
import { type JsonObject, objectAt, objectsAt } from '../../json.ts'
import type { PlanTerms } from '../../provider.ts'
import { checkUnits } from '../request-body.ts'

/** Tools that cost nothing beside their tokens. */
const FREE_TOOLS = new Set([
  'function',
  'custom',
  'namespace',
  'tool_search',
  'mcp',
  'local_shell',
  'apply_patch',
  'computer',
  'computer_use_preview',
])

const SEARCH_TOOL = /^web_search/
const PREVIEW_TOOL = /^web_search_preview/
/** The preview tool has a price of its own on models that do not reason. */
const NOT_REASONING = /^(ft:)?gpt-4|^chatgpt-|^gpt-5-chat|chat-latest$/

/** Items of an answer that the provider bills by itself and that have no price on the card. */
const UNPRICED_ITEMS = ['code_interpreter_call', 'image_generation_call']

/** Searches reserved for where a request sets no limit to its tool calls. */
const EXPECTED_SEARCHES = 3
/** What a search adds to the input, about: 8,000 tokens are the fixed block that small models are billed for. */
export const SEARCH_CONTENT_TOKENS = 8000

/** The tools of a request, as far as they cost. */
export interface ToolPlan {
  /** At most, or about; 0 without a search tool. */
  readonly searches: number
  /** Of a web search. Undefined where it has no price. */
  readonly searchRates: Rates | undefined
}

/** @throws CreditsError `unknown_price` by policy, for a tool without a price */
export function planTools(
  body: JsonObject,
  model: string,
  rates: Rates | undefined,
  terms: PlanTerms,
): ToolPlan {
  const tools = objectsAt(body, 'tools')
  for (const tool of tools) checkTool(tool, rates, terms)
  const search = searchToolOf(tools)
  const searchRates = searchRatesOf(tools, model, rates, terms)
  if (search && !searchRates) terms.unpriced('web searches')
  return { searches: search ? (wholeNumber(body['max_tool_calls']) ?? EXPECTED_SEARCHES) : 0, searchRates }
}

/**
 * The prices of a web search: a model's own first. Looked up without a search tool too: a prompt kept by the
 * provider may bring one along.
 */
export function searchRatesOf(
  tools: readonly JsonObject[],
  model: string,
  rates: Rates | undefined,
  terms: PlanTerms,
): Rates | undefined {
  const preview = PREVIEW_TOOL.test(String(searchToolOf(tools)?.['type'])) && NOT_REASONING.test(model)
  if (!preview && rates?.prices.has('web_searches')) return rates
  return terms.ratesOf(preview ? 'web_search_preview' : 'web_search')
}

const searchToolOf = (tools: readonly JsonObject[]): JsonObject | undefined =>
  tools.find((tool) => SEARCH_TOOL.test(String(tool['type'])))

const wholeNumber = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined

/** What the tools in an answer's output have used, and what of it has no price. */
export function toolUse(output: readonly JsonObject[]) {
  const completed = output.filter((item) => item['status'] === 'completed')
  return {
    webSearches: completed.filter(
      (item) => item['type'] === 'web_search_call' && objectAt(item, 'action')['type'] === 'search',
    ).length,
    fileSearches: completed.filter((item) => item['type'] === 'file_search_call').length,
    unpriced: UNPRICED_ITEMS.filter((type) => output.some((item) => item['type'] === type)),
  }
}

function checkTool(tool: JsonObject, rates: Rates | undefined, terms: PlanTerms): void {
  const type = String(tool['type'])
  if (FREE_TOOLS.has(type) || SEARCH_TOOL.test(type)) return
  if (type === 'file_search') return checkUnits(['storage_searches'], rates, terms)
  if (type === 'shell' && objectAt(tool, 'environment')['type'] === 'local') return
  terms.unpriced(`the tool ${type}`)
}
