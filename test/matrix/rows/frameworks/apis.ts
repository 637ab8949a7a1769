import { startOpenAiStandIn } from '../../../../demo/openai-stand-in.ts'
import { countTokens, SCRIPT } from '../../../../demo/stand-in/script.ts'
import { startAnthropicStandIn } from '../../../fakes/providers/anthropic.ts'
import { perMillion, perThousand, type Price } from '../../prices.ts'
import type { ExpectedCharge } from '../../row.ts'
import type { FrameworkRoute } from './rows.ts'

/** What an API charges, and who stands in for it. */
export type ApiCosts = Pick<FrameworkRoute, 'start' | 'used' | 'left' | 'searched'>

export const QUESTION = 'What is new in PostgreSQL 18?'
export const INSTRUCTIONS = 'Answer briefly.'
export const OPENAI_MODEL = 'gpt-4.1-mini'
export const ANTHROPIC_MODEL = 'claude-haiku-4-5'

/** Enough for a stream to come in many pieces. */
const PACE_MS = 1
/** What the stand-ins' searches put before the model. */
const FOUND_TOKENS = 1200

/** https://platform.openai.com/docs/pricing, read on 2026-11-22. */
const OPENAI_PRICES = { input_tokens: perMillion('0.40'), output_tokens: perMillion('1.60') }
/** https://platform.claude.com/docs/en/about-claude/pricing, read on 2026-11-22. */
const ANTHROPIC_PRICES = { input_tokens: perMillion('1.00'), output_tokens: perMillion('5.00') }
/** The same with both. */
const SEARCH_PRICES = { web_searches: perThousand('10') }

interface Body {
  readonly [field: string]: unknown
}

/**
 * @param inputOf what the stand-in counts as the input of a request
 */
function costsOf(
  model: string,
  prices: Readonly<Record<string, Price>>,
  start: ApiCosts['start'],
  inputOf: (body: Body) => string,
): ApiCosts {
  const llm = (units: ExpectedCharge['units'], estimated?: true): ExpectedCharge => ({
    category: 'LLM',
    model,
    units,
    prices,
    ...(estimated && { estimated }),
  })
  return {
    start,
    used(given) {
      const body = given as Body
      const text = JSON.stringify(body)
      const calls =
        text.includes('search_notes') && !/"tool_result"|"role":"tool"|function_call_output/.test(text)
      const searches = /"type":"web_search/.test(text)
      return llm({
        input_tokens: countTokens(inputOf(body)) + (searches ? FOUND_TOKENS : 0),
        output_tokens: countTokens(calls ? JSON.stringify({ query: SCRIPT.searchQuery }) : SCRIPT.answer),
      })
    },
    left(given) {
      const length = countTokens(JSON.stringify(given))
      // By the length of the request, or as it was stated at the start.
      const input = [Math.ceil(length / 10), length] as const
      return llm({ input_tokens: input, output_tokens: [1, countTokens(SCRIPT.answer) - 5] }, true)
    },
    searched: { category: 'WebSearch', model, units: { web_searches: 1 }, prices: SEARCH_PRICES },
  }
}

const startOpenAi = () => startOpenAiStandIn({ paceMs: PACE_MS })

export const CHAT = costsOf(OPENAI_MODEL, OPENAI_PRICES, startOpenAi, ({ messages }) =>
  JSON.stringify(messages),
)
export const RESPONSES = costsOf(OPENAI_MODEL, OPENAI_PRICES, startOpenAi, ({ instructions, input }) =>
  JSON.stringify([instructions, input]),
)
export const MESSAGES = costsOf(
  ANTHROPIC_MODEL,
  ANTHROPIC_PRICES,
  () => startAnthropicStandIn(PACE_MS),
  ({ system, messages, tools }) => JSON.stringify([system, messages, tools]),
)
