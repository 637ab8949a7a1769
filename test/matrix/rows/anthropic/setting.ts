import Anthropic from '@anthropic-ai/sdk'
import { SCRIPT, countTokens, piecesOf } from '../../../../demo/stand-in/script.ts'
import { metered } from '../../../../middleware/index.ts'
import type { AnthropicStandIn } from '../../../fakes/providers/anthropic.ts'
import { perMillion, perThousand } from '../../prices.ts'
import type { ExpectedCharge, Row, Run } from '../../row.ts'

export type AnthropicRow = Row<AnthropicStandIn>
export type AnthropicRun = Run<AnthropicStandIn>

/** The client as an agent has it: metered in the metered run. */
export const anthropicOf = ({ standIn, metering }: AnthropicRun): Anthropic => {
  const plain = new Anthropic({ baseURL: standIn.url, apiKey: 'any' })
  return metering ? metered(plain, metering) : plain
}

const MODEL = 'claude-haiku-4-5'

export const REQUEST = {
  model: MODEL,
  max_tokens: 1000,
  system: 'Answer briefly.',
  messages: [{ role: 'user' as const, content: 'What is new in PostgreSQL 18?' }],
}
export const STREAMED = { ...REQUEST, stream: true } as const

/** https://platform.claude.com/docs/en/about-claude/pricing, read on 2026-11-22. */
const PRICES = {
  input_tokens: perMillion('1.00'),
  cache_read_tokens: perMillion('0.10'),
  cache_write_tokens: perMillion('1.25'),
  cache_write_1h_tokens: perMillion('2.00'),
  output_tokens: perMillion('5.00'),
}

/** A charge of a message. */
export const llm = (units: ExpectedCharge['units'], estimated?: true): ExpectedCharge => ({
  category: 'LLM',
  model: MODEL,
  units,
  prices: PRICES,
  ...(estimated && { estimated }),
})

/** A charge of web searches; the same page. */
export const search = (searches: number): ExpectedCharge => ({
  category: 'WebSearch',
  model: MODEL,
  units: { web_searches: searches },
  prices: { web_searches: perThousand('10') },
})

/** As the stand-in counts. */
export const inputTokens = ({
  system,
  messages,
  tools,
}: {
  system?: unknown
  messages: unknown
  tools?: unknown
}) => countTokens(JSON.stringify([system, messages, tools]))

export const ANSWER_TOKENS = countTokens(SCRIPT.answer)
/** What a whole answer costs. */
export const USED = [llm({ input_tokens: inputTokens(REQUEST), output_tokens: ANSWER_TOKENS })]

const WORDS = piecesOf(SCRIPT.answer)
/** The start of the message and of its text, and a ping between; then the end of the text, two counts, and the end. */
const BEFORE_WORDS = 3
const AFTER_WORDS = 4
const EVENTS_OF_HALF = Math.floor((BEFORE_WORDS + WORDS.length + AFTER_WORDS) / 2)
/** Events that a caller sees before a stream dies or hangs midway: the SDK keeps the ping to itself. */
export const HALF = EVENTS_OF_HALF - 1
const HALF_OF_WORDS = WORDS.slice(0, EVENTS_OF_HALF - BEFORE_WORDS).join('')
/** What such a stream costs when it is left: the input as it was stated, and the words that came. */
export const LEFT = [
  llm({ input_tokens: inputTokens(REQUEST), output_tokens: countTokens(HALF_OF_WORDS) }, true),
]
/** A stream that is left before it was read, by the length of its request. */
export const UNOPENED = [llm({ input_tokens: countTokens(JSON.stringify(STREAMED)) }, true)]
/** Half of a plain answer, and one without its usage: all of its text is counted, with what is around the words. */
const INPUT_BY_LENGTH = countTokens(JSON.stringify(REQUEST))
export const CUT = [llm({ input_tokens: INPUT_BY_LENGTH, output_tokens: [30, 130] }, true)]
export const UNSTATED = [llm({ input_tokens: INPUT_BY_LENGTH, output_tokens: [100, 260] }, true)]

/** What a call sees that is refused because its account has nothing. */
export const NO_CREDIT = {
  class: 'PaymentRequiredError',
  status: 402,
  isInsufficientCredits: true,
  atOnce: true,
}
