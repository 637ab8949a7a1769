import type { Rates, Usage } from '../../../src/rates.ts'
import { isObject, type JsonObject, objectsAt, parseObject, stringAt } from '../../json.ts'
import type { CallPlan, PlanTerms, UsageLine, UsageReport } from '../../provider.ts'
import type { MeteredRequest } from '../../request.ts'
import { ratesOfAnswer } from '../answer.ts'
import { averageTokens, estimatedOutput } from '../estimate.ts'
import { modelOf } from '../request-body.ts'
import { type Delivered, foundOnTheWeb, readMessageEvents } from './events.ts'
import { keepsAnHour, measureMessage, messageInputTokens, probableMessageInput } from './input.ts'
import { checkSurcharges, surchargesOfAnswer } from './surcharges.ts'
import { planTools, SEARCH_CONTENT_TOKENS, type ToolPlan } from './tools.ts'
import { type MessageUsage, readMessageUsage } from './usage.ts'

/** What a beta makes of the context of models that take less by default. */
const LONG_CONTEXT_TOKENS = 1_000_000

/** `POST /messages` */
export async function planMessage(request: MeteredRequest, terms: PlanTerms): Promise<CallPlan> {
  const { text, value: body } = await request.json()
  const model = terms.modelNamed(modelOf(body))
  const rates = withContext(terms.requireRates(model), request)
  checkSurcharges(body, terms)
  const tools = planTools(body, rates, terms)
  const input = measureMessage(text, body)
  const lastsAnHour = keepsAnHour(text)

  const lines = (used: MessageUsage, served: { rates: Rates | undefined; model: string | undefined }) => [
    { category: 'LLM' as const, usage: used.tokens, rates: served.rates, model: served.model },
    ...[...used.beside].map(([advisor, usage]): UsageLine => ({
      category: 'LLM',
      usage,
      rates: advisor === undefined ? served.rates : rates && terms.ratesOf(advisor),
      model: advisor ?? served.model,
    })),
    ...searchLines(used.webSearches, rates, tools),
  ]
  const readMessage = (message: JsonObject): UsageReport | undefined => {
    const used = readMessageUsage(message['usage'], lastsAnHour)
    if (!used) return undefined
    return {
      lines: lines(used, ratesOfAnswer(message, rates, terms)),
      unpriced: [...surchargesOfAnswer(message), ...used.unpriced.map((what) => `no price for ${what}`)],
      providerId: stringAt(message, 'id'),
    }
  }
  /** Where the input was stated it holds, and of the output as much as was delivered. */
  const estimateDelivered = ({ message, writtenBytes, webSearches }: Delivered): UsageReport => {
    const stated = readMessageUsage(message['usage'], lastsAnHour)
    const usage = stated?.tokens ?? probableMessageInput(input, webSearches * SEARCH_CONTENT_TOKENS, rates)
    const searches = BigInt(webSearches)
    return {
      lines: lines(
        {
          tokens: { ...usage, output_tokens: most(usage['output_tokens'], averageTokens(writtenBytes)) },
          webSearches: stated && stated.webSearches > searches ? stated.webSearches : searches,
          beside: stated?.beside ?? new Map(),
          unpriced: [],
        },
        ratesOfAnswer(message, rates, terms),
      ),
      estimated: true,
      note: 'the usage was not stated; estimated from what was delivered',
      providerId: stringAt(message, 'id'),
    }
  }
  return {
    model,
    category: 'LLM',
    estimate: estimateLines(body, input, rates, tools, terms),
    readAnswer: (answer) => readMessage(parseObject(answer) ?? {}),
    estimateAnswer: (answer) => estimateDelivered(deliveredIn(answer)),
    readEvents: () => readMessageEvents(readMessage, estimateDelivered),
  }
}

/** What to reserve. Each answer of a tool that the provider runs puts the whole input before the model again. */
function estimateLines(
  body: JsonObject,
  input: ReturnType<typeof measureMessage>,
  rates: Rates | undefined,
  tools: ToolPlan,
  terms: PlanTerms,
): UsageLine[] {
  const once = messageInputTokens(input, tools.contentTokens, rates, terms)
  const passes = terms.strict ? tools.turns + compactions(body) : 0
  const again = BigInt(passes) * BigInt(rates?.contextWindow ?? Number(once))
  // 0 is allowed: it only fills the cache.
  const output = body['max_tokens'] === 0 ? 0n : estimatedOutput([body['max_tokens']], rates, terms)
  return [
    { category: 'LLM', usage: { [input.unit]: once + again, output_tokens: output }, rates },
    ...tools.advisors.map(({ model, rates: ofAdvisor, uses, outputTokens }): UsageLine => ({
      category: 'LLM',
      usage: {
        [input.unit]: BigInt(uses) * messageInputTokens(input, tools.contentTokens, ofAdvisor, terms),
        output_tokens: BigInt(uses) * estimatedOutput([outputTokens], ofAdvisor, terms),
      },
      rates: ofAdvisor,
      model,
    })),
    ...searchLines(BigInt(tools.searches), rates, tools),
  ]
}

const searchLines = (webSearches: bigint, rates: Rates | undefined, tools: ToolPlan): UsageLine[] =>
  webSearches === 0n
    ? []
    : [{ category: 'WebSearch', usage: { web_searches: webSearches }, rates: rates && tools.searchRates }]

/** A conversation that has grown long is summed up by one more inference. */
const compactions = (body: JsonObject): number =>
  isObject(body['compaction']) ||
  objectsAt(body['context_management'], 'edits').some(({ type }) => String(type).startsWith('compact'))
    ? 1
    : 0

/** What a plain answer holds that states no usage, or of which only a part came. */
function deliveredIn(answer: string): Delivered {
  const message = parseObject(answer)
  return {
    message: message ?? {},
    writtenBytes: Buffer.byteLength(answer),
    webSearches: objectsAt(message, 'content').filter(foundOnTheWeb).length,
  }
}

function withContext(rates: Rates | undefined, request: MeteredRequest): Rates | undefined {
  const isLong = request.headers.get('anthropic-beta')?.includes('context-1m') ?? false
  const { contextWindow } = rates ?? {}
  if (!rates || !isLong || contextWindow === undefined || contextWindow >= LONG_CONTEXT_TOKENS) return rates
  return { ...rates, contextWindow: LONG_CONTEXT_TOKENS }
}

const most = (stated: Usage[string] | undefined, counted: number): bigint =>
  typeof stated === 'bigint' && stated > BigInt(counted) ? stated : BigInt(counted)
